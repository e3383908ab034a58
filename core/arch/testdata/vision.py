#!/usr/bin/env python3
"""Writes vision.json: what PyTorch makes of a picture with the small SigLIP encoder and the
projector of Idefics 3 whose weights vision_test.go makes in the same way.

    python3 core/arch/testdata/vision.py > core/arch/testdata/vision.json
"""

import json

import torch
import torch.nn.functional as F

HIDDEN, HEADS, FFN, BLOCKS, SIDE, PATCH, MERGE, WORDS, EPS = 64, 4, 96, 2, 24, 4, 2, 64, 1e-6

state = 1


def random(count, scale, offset=0.0):
    """count numbers within scale of offset, from the upper bits of a linear congruence."""
    global state
    values = []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append((state >> 40) / 2**23 - 1)
    return torch.tensor(values, dtype=torch.float32) * scale + offset


def tensor(*shape, scale=0.2, offset=0.0):
    count = 1
    for n in shape:
        count *= n
    return random(count, scale, offset).reshape(shape)


with torch.no_grad():
    pixels = tensor(3, SIDE, SIDE, scale=1.0)
    kernel, kernel_bias = tensor(HIDDEN, 3, PATCH, PATCH), tensor(HIDDEN)
    positions = tensor((SIDE // PATCH) ** 2, HIDDEN, scale=0.5)
    x = F.conv2d(pixels[None], kernel, kernel_bias, stride=PATCH).flatten(2).transpose(1, 2) + positions
    for _ in range(BLOCKS):
        norm1 = tensor(HIDDEN, offset=1.0), tensor(HIDDEN)
        q, qb, k, kb, v, vb, o, ob = (tensor(*s) for s in [(HIDDEN, HIDDEN), (HIDDEN,)] * 4)
        norm2 = tensor(HIDDEN, offset=1.0), tensor(HIDDEN)
        up, upb, down, downb = tensor(FFN, HIDDEN), tensor(FFN), tensor(HIDDEN, FFN), tensor(HIDDEN)
        h = F.layer_norm(x, (HIDDEN,), *norm1, EPS)
        attention = torch.nn.MultiheadAttention(HIDDEN, HEADS, batch_first=True)
        attention.in_proj_weight.copy_(torch.cat([q, k, v]))
        attention.in_proj_bias.copy_(torch.cat([qb, kb, vb]))
        attention.out_proj.weight.copy_(o)
        attention.out_proj.bias.copy_(ob)
        x = x + attention(h, h, h, need_weights=False)[0]
        h = F.layer_norm(x, (HIDDEN,), *norm2, EPS)
        x = x + F.linear(F.gelu(F.linear(h, up, upb), approximate="tanh"), down, downb)
    x = F.layer_norm(x, (HIDDEN,), tensor(HIDDEN, offset=1.0), tensor(HIDDEN), EPS)
    # Pixel shuffle, as in transformers' modeling_idefics3.py.
    n = SIDE // PATCH
    x = x.view(1, n, n // MERGE, HIDDEN * MERGE).permute(0, 2, 1, 3)
    x = x.reshape(1, n // MERGE, n // MERGE, HIDDEN * MERGE**2).permute(0, 2, 1, 3)
    x = F.linear(x.reshape(1, -1, HIDDEN * MERGE**2), tensor(WORDS, HIDDEN * MERGE**2, scale=0.1))

print(json.dumps({"pixels": [round(p, 6) for p in pixels.flatten()[:8].tolist()], "rows": [[round(v, 5) for v in row] for row in x[0].tolist()]}))
