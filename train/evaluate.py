#!/usr/bin/python3
"""Held-out perplexity of the bundled model, computed by PyTorch from the GGUF file itself.

usage: evaluate.py MODEL.gguf DIR [SEQUENCES]      DIR holds heldout.u16 of data.py; needs Debian's python3-torch
"""

import math
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F

from train import SEQ, Decoder

torch.set_num_threads(1)


def read_gguf(path):
    """Metadata (numbers, texts, lists of texts) and tensors as float32. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""
    b = open(path, "rb").read()
    at = 8

    def take(fmt):
        nonlocal at
        v = struct.unpack_from("<" + fmt, b, at)
        at += struct.calcsize("<" + fmt)
        return v[0]

    def text():
        nonlocal at
        n = take("Q")
        at += n
        return b[at - n:at].decode("utf-8", "replace")

    def value(kind):
        if kind == 8:
            return text()
        if kind == 9:
            kind, n = take("I"), take("Q")
            return [value(kind) for _ in range(n)]
        return take({0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}[kind])

    tensors, keys = take("Q"), take("Q")
    meta = {}
    for _ in range(keys):
        key = text()
        meta[key] = value(take("I"))
    infos = [(text(), [take("Q") for _ in range(take("I"))], take("I"), take("Q")) for _ in range(tensors)]
    align = meta.get("general.alignment", 32)
    start = (at + align - 1) // align * align
    out = {}
    for name, shape, kind, offset in infos:
        n, where = int(np.prod(shape)), start + offset
        if kind == 0:
            x = np.frombuffer(b, "<f4", n, where)
        elif kind == 8:  # Q8_0: a float16 scale and 32 int8
            blocks = np.frombuffer(b, np.dtype([("d", "<f2"), ("q", "i1", 32)]), n // 32, where)
            x = (blocks["d"].astype(np.float32)[:, None] * blocks["q"]).reshape(-1)
        else:
            sys.exit("%s has type %d" % (name, kind))
        out[name] = torch.from_numpy(x.reshape(shape[::-1]).astype(np.float32))
    return meta, out


def load(path):
    meta, t = read_gguf(path)
    key = lambda k: meta["llama." + k]
    model = Decoder(dict(vocab=t["token_embd.weight"].shape[0], hidden=key("embedding_length"), layers=key("block_count"), heads=key("attention.head_count"),
                         kv_heads=key("attention.head_count_kv"), ffn=key("feed_forward_length"), context=key("context_length"),
                         eps=key("attention.layer_norm_rms_epsilon"), rope_base=key("rope.freq_base")))
    state = {"embed.weight": t["token_embd.weight"], "norm.weight": t["output_norm.weight"], "cos": model.cos, "sin": model.sin}
    for i in range(key("block_count")):
        g = lambda n: t["blk.%d.%s.weight" % (i, n)]
        for ours, theirs in [("attn_norm", ["attn_norm"]), ("ffn_norm", ["ffn_norm"]), ("qkv", ["attn_q", "attn_k", "attn_v"]),
                             ("out", ["attn_output"]), ("gate_up", ["ffn_gate", "ffn_up"]), ("down", ["ffn_down"])]:
            state["blocks.%d.%s.weight" % (i, ours)] = torch.cat([g(n) for n in theirs])
    model.load_state_dict(state)
    return model


@torch.no_grad()
def main(path, data, sequences):
    model = load(path)
    ids = np.fromfile(data + "/heldout.u16", dtype=np.uint16).astype(np.int64)
    count, total = 0, 0.0
    for i in range(min(sequences, (len(ids) - 1) // SEQ)):
        x = torch.from_numpy(ids[i * SEQ:(i + 1) * SEQ + 1])
        total += F.cross_entropy(model(x[None, :-1])[0], x[1:], reduction="sum").item()
        count += SEQ
    print("%d tokens of unseen stories: loss %.4f nats a token, perplexity %.3f" % (count, total / count, math.exp(total / count)))


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 400)
