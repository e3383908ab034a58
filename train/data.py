#!/usr/bin/python3
"""Writes the training text and its tokens, and trains the tokenizer.

usage: data.py DIR [STORIES]      needs Debian's python3-sentencepiece and python3-numpy

DIR gets tokenizer.model, tokenizer.json (pieces, scores and types for export),
train.u16 and heldout.u16: ids, every story between BOS and EOS.
"""

import json
import sys

import numpy as np
import sentencepiece as spm

from storygen import story

HELDOUT = range(10_000_000, 10_002_000)  # seeds that training never sees
VOCAB = 1024


def main(out, stories):
    text = out + "/text.txt"
    with open(text, "w") as f:
        for seed in range(60_000):
            f.write(story(seed) + "\n")
    # Identity normalisation and a dummy prefix: what GGUF's "llama" tokenizer does.
    spm.SentencePieceTrainer.train(input=text, model_prefix=out + "/tokenizer", model_type="bpe", vocab_size=VOCAB,
                                   byte_fallback=True, split_digits=True, add_dummy_prefix=True, remove_extra_whitespaces=False,
                                   normalization_rule_name="identity", character_coverage=1.0, num_threads=1,
                                   unk_id=0, bos_id=1, eos_id=2, pad_id=-1, minloglevel=2)
    sp = spm.SentencePieceProcessor(model_file=out + "/tokenizer.model")
    kind = lambda i: 2 if sp.is_unknown(i) else 3 if sp.is_control(i) else 6 if sp.is_byte(i) else 1
    n = sp.vocab_size()
    json.dump({"tokens": [sp.id_to_piece(i) for i in range(n)], "scores": [sp.get_score(i) for i in range(n)],
               "types": [kind(i) for i in range(n)], "bos": sp.bos_id(), "eos": sp.eos_id(), "unk": sp.unk_id()}, open(out + "/tokenizer.json", "w"))
    for name, seeds in ("heldout", HELDOUT), ("train", range(stories)):
        with open(out + "/" + name + ".u16", "wb") as f:
            total = 0
            for seed in seeds:
                ids = np.array([sp.bos_id()] + sp.encode(story(seed)) + [sp.eos_id()], dtype=np.uint16)
                ids.tofile(f)
                total += len(ids)
        print(name, len(seeds), "stories,", total, "tokens")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 400_000)
