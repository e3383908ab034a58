#!/usr/bin/python3
"""Trains the story writer: a llama decoder with tied embeddings.

usage: train.py DIR MINUTES [--resume]      DIR holds the files of data.py; needs Debian's python3-torch and libopenblas0

The learning rate follows the clock, so that the run ends well after MINUTES on any
machine. DIR gets loss.csv, and every few minutes weights.bin + model.json (see
save) and a sample. --resume goes on from the weights in DIR with half the peak
learning rate, a fresh optimizer and a longer loss.csv. One thread; matrix products in bfloat16, all else float32.
"""

import csv
import json
import math
import os
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)

CONFIG = dict(vocab=1024, hidden=192, layers=6, heads=6, kv_heads=3, ffn=512, context=512, eps=1e-5, rope_base=10000.0)
SEQ, BATCH, PEAK_LR, WARMUP = 256, 24, 3e-3, 0.02


class RMSNorm(nn.Module):
    def __init__(self, n, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(n)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rope_table(length, head_dim, base):
    inv = base ** (-torch.arange(0, head_dim, 2).float() / head_dim)
    angle = torch.outer(torch.arange(length).float(), inv)
    return angle.cos(), angle.sin()


def rope(x, cos, sin):
    """Rotates adjacent pairs, as GGUF's "llama" does. x [batch, heads, seq, head_dim]."""
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, b * cos + a * sin), -1).flatten(-2)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, self.h, self.kv = c["hidden"], c["heads"], c["kv_heads"]
        self.hd = d // self.h
        self.attn_norm, self.ffn_norm = RMSNorm(d, c["eps"]), RMSNorm(d, c["eps"])
        self.qkv = nn.Linear(d, (self.h + 2 * self.kv) * self.hd, bias=False)
        self.out = nn.Linear(d, d, bias=False)
        self.gate_up = nn.Linear(d, 2 * c["ffn"], bias=False)
        self.down = nn.Linear(c["ffn"], d, bias=False)

    def forward(self, x, cos, sin, mask):
        b, t, d = x.shape
        y = self.qkv(self.attn_norm(x)).view(b, t, self.h + 2 * self.kv, self.hd).transpose(1, 2).float()
        q, k, v = y.split([self.h, self.kv, self.kv], 1)
        q, k = rope(q, cos, sin), rope(k, cos, sin)
        k, v = (z.repeat_interleave(self.h // self.kv, 1) for z in (k, v))
        p = (q @ k.transpose(-1, -2) * self.hd ** -0.5 + mask).softmax(-1)
        x = x + self.out((p @ v).transpose(1, 2).reshape(b, t, d))
        g, u = self.gate_up(self.ffn_norm(x)).chunk(2, -1)
        return x + self.down(F.silu(g) * u)


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed = nn.Embedding(c["vocab"], c["hidden"])
        self.blocks = nn.ModuleList(Block(c) for _ in range(c["layers"]))
        self.norm = RMSNorm(c["hidden"], c["eps"])
        cos, sin = rope_table(c["context"], c["hidden"] // c["heads"], c["rope_base"])
        self.register_buffer("cos", cos)
        self.register_buffer("sin", sin)
        for n, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 / (math.sqrt(2 * c["layers"]) if n.endswith(("out.weight", "down.weight")) else 1))

    def forward(self, ids):
        t = ids.shape[1]
        mask = torch.full((t, t), float("-inf")).triu(1)
        x = self.embed(ids)
        for b in self.blocks:
            x = b(x, self.cos[:t], self.sin[:t], mask)
        return F.linear(self.norm(x), self.embed.weight)


def save(model, out):
    """weights.bin: float32 tensors in GGUF's names and order, listed in model.json."""
    c, tensors = model.c, []
    hd = c["hidden"] // c["heads"]

    def add(name, w):
        tensors.append((name, w.detach().float().contiguous()))

    add("token_embd.weight", model.embed.weight)
    for i, b in enumerate(model.blocks):
        q, k, v = b.qkv.weight.split([c["heads"] * hd, c["kv_heads"] * hd, c["kv_heads"] * hd])
        gate, up = b.gate_up.weight.chunk(2)
        for name, w in [("attn_norm", b.attn_norm.weight), ("attn_q", q), ("attn_k", k), ("attn_v", v), ("attn_output", b.out.weight),
                        ("ffn_norm", b.ffn_norm.weight), ("ffn_gate", gate), ("ffn_up", up), ("ffn_down", b.down.weight)]:
            add("blk.%d.%s.weight" % (i, name), w)
    add("output_norm.weight", model.norm.weight)
    with open(out + "/weights.tmp", "wb") as f:
        for _, w in tensors:
            f.write(w.numpy().astype("<f4").tobytes())
    json.dump({"config": c, "tensors": [{"name": n, "shape": list(w.shape)} for n, w in tensors]}, open(out + "/model.json", "w"))
    os.replace(out + "/weights.tmp", out + "/weights.bin")
    torch.save(model.state_dict(), out + "/model.pt")


@torch.no_grad()
def heldout_loss(model, data, batches=16):
    """Mean cross-entropy in nats per token over text of unseen seeds."""
    losses = []
    for i in range(batches):
        at = i * SEQ * BATCH
        x = torch.from_numpy(data[at:at + SEQ * BATCH + 1].astype(np.int64))
        with torch.cpu.amp.autocast(dtype=torch.bfloat16):
            logits = model(x[:-1].view(BATCH, SEQ))
        losses.append(F.cross_entropy(logits.float().flatten(0, 1), x[1:]).item())
    return sum(losses) / len(losses)


@torch.no_grad()
def sample(model, sp, prompt, n=200, temperature=0.8):
    ids = [sp.bos_id()] + sp.encode(prompt)
    for _ in range(n):
        p = (model(torch.tensor([ids]))[0, -1] / temperature).softmax(-1)
        t = torch.multinomial(p, 1).item()
        if t == sp.eos_id():
            break
        ids.append(t)
    return sp.decode(ids[1:])


def last_row(path):
    """Minutes and steps that loss.csv has already."""
    row = list(csv.DictReader(open(path)))[-1]
    return float(row["minutes"]), int(row["step"])


def main(out, minutes, resume):
    import sentencepiece as spm
    torch.manual_seed(1)
    sp = spm.SentencePieceProcessor(model_file=out + "/tokenizer.model")
    train, held = (np.fromfile(out + "/" + n + ".u16", dtype=np.uint16) for n in ("train", "heldout"))
    model = Decoder(CONFIG)
    before, step, peak = 0.0, 0, PEAK_LR
    if resume:
        model.load_state_dict(torch.load(out + "/model.pt"))
        before, step = last_row(out + "/loss.csv")
        peak = PEAK_LR / 2
    rng = np.random.default_rng(1 + step)
    decay = [p for p in model.parameters() if p.dim() == 2]
    rest = [p for p in model.parameters() if p.dim() < 2]
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}], lr=0, betas=(0.9, 0.97))
    print(sum(p.numel() for p in model.parameters()), "parameters,", len(train), "training tokens", flush=True)
    table = open(out + "/loss.csv", "a" if resume else "w", newline="", buffering=1)
    log = csv.writer(table)
    if not resume:
        log.writerow(["minutes", "step", "tokens", "train_loss", "heldout_loss"])
    start, first, mean, saved = time.time(), step, None, time.time()
    while True:
        done = (time.time() - start) / (60 * minutes)
        if done >= 1:
            break
        lr = peak * (done / WARMUP if done < WARMUP else 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (done - WARMUP) / (1 - WARMUP))))
        for g in opt.param_groups:
            g["lr"] = lr
        at = rng.integers(0, len(train) - SEQ - 1, BATCH)
        x = torch.from_numpy(np.stack([train[i:i + SEQ + 1] for i in at]).astype(np.int64))
        with torch.cpu.amp.autocast(dtype=torch.bfloat16):
            logits = model(x[:, :-1])
        loss = F.cross_entropy(logits.float().flatten(0, 1), x[:, 1:].flatten())
        opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        step += 1
        mean = loss.item() if mean is None else 0.98 * mean + 0.02 * loss.item()
        if step % 100 == 0:
            h = heldout_loss(model, held, 4) if step % 500 == 0 else ""
            log.writerow([round(before + done * minutes, 2), step, step * SEQ * BATCH, round(mean, 4), h and round(h, 4)])
            print("%.1f min, step %d, %.1fM tokens, loss %.3f, held out %s, %.0f tokens/s" % (before + done * minutes, step, step * SEQ * BATCH / 1e6, mean, h, (step - first) * SEQ * BATCH / (time.time() - start)), flush=True)
        if time.time() - saved > 300:
            saved = time.time()
            save(model, out)
            print(sample(model, sp, "Once upon a time"), flush=True)
    save(model, out)
    h = heldout_loss(model, held)
    print("held-out loss %.4f, perplexity %.3f" % (h, math.exp(h)))
    for prompt in ["Once upon a time", "Tom had a red ball.", "The little fox", "Sara was sad.", "One day, a dog and a cat", "In the forest"]:
        print("-", sample(model, sp, prompt))


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--resume"]):
        sys.exit(__doc__)
    main(sys.argv[1], float(sys.argv[2]), "--resume" in sys.argv)
