"""Writes golden.json: attention as PyTorch computes it, for every kind, mask, bias and number of heads.

    python3 golden.py > golden.json

The table is written with einsum and softmax, in float64; torch.nn.MultiheadAttention gives the entries of
"multihead". Numbers are float32, little-endian, in base64. A line of the table has every kind with every bias, in
the order of BIASES and KINDS: the whole output, and for each head the sum of its weights times cos(1 + number of the
query + 3 * number of the key).
Rows that are fully masked, where PyTorch gives NaN, are zeros.
"""

import base64
import itertools
import json
import math

import numpy as np
import torch

HEADS, HEAD_DIM, VALUE_DIM, QUERIES, KEYS = 4, 4, 2, 2, 5
WINDOW, SOFT_CAP, ROPE_BASE = 2, 1.5, 10.0
BUCKETS, MAX_DISTANCE = 6, 4
KINDS = ("dot", "scaled", "weighted", "additive")
BIASES = ("none", "alibi", "t5", "t5-both", "rope", "neox", "softcap", "sinks")
GROUPS = {"mha": 4, "gqa": 2, "mqa": 1}  # heads of keys and values


def pack(x):
    return base64.b64encode(np.asarray(x, dtype="<f4").tobytes()).decode()


def random(*shape):
    return torch.randn(*shape).double()


# Inputs. Cross-attention takes the whole of them, self-attention the first SELF words for all three.
SELF = 3
torch.manual_seed(20170612)
inputs = {
    "q": random(5, HEADS * HEAD_DIM),
    "k": random(KEYS, HEADS * HEAD_DIM),
    "v": random(KEYS, HEADS * VALUE_DIM),
    "w": random(HEADS * HEAD_DIM),
    "sinks": random(HEADS),
    "table": random(BUCKETS, HEADS),
    "additive": random(5, KEYS),
}
word = torch.tensor([True, False, True, True, False])  # keys that are no padding
seen = torch.tensor([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [0, 1, 0, 1, 1], [1, 1, 0, 0, 1], [1, 1, 1, 1, 1]]).bool()
per_head = torch.rand(HEADS, 5, KEYS) < 0.6


def masks(n, m, first):
    """Booleans, true where a query sees a key, or numbers that are added."""
    q, k = first + torch.arange(n)[:, None], torch.arange(m)[None, :]
    causal, window = k <= q, (q - k).abs() < WINDOW
    return {
        "none": torch.ones(n, m).bool(),
        "padding": word[:m].expand(n, m),
        "causal": causal,
        "window": window,
        "causal+window": causal & window,
        "causal+padding": causal & word[:m],
        "boolean": seen[:n, :m],
        "heads": per_head[:, :n, :m],
        "additive": inputs["additive"][:n, :m],
    }


def slopes(n):
    """Of ALiBi, as the authors' get_slopes."""
    if math.log2(n).is_integer():
        start = 2 ** (-(2 ** -(math.log2(n) - 3)))
        return [start * start**i for i in range(n)]
    near = 2 ** math.floor(math.log2(n))
    return slopes(near) + slopes(2 * near)[0::2][: n - near]


def bucket(relative, bidirectional, buckets, max_distance):
    """Of T5: relative is the key's position less the query's."""
    result = torch.zeros_like(relative)
    if bidirectional:
        buckets //= 2
        result += (relative > 0).long() * buckets
        relative = relative.abs()
    else:
        relative = -torch.min(relative, torch.zeros_like(relative))
    exact = buckets // 2
    large = exact + (torch.log(relative.float() / exact) / math.log(max_distance / exact) * (buckets - exact)).long()
    large = torch.min(large, torch.full_like(large, buckets - 1))
    return result + torch.where(relative < exact, relative, large)


def rope(x, first, neox):
    """x [heads, n, dim]: pairs turn by position * base^(-2i/dim), as complex numbers."""
    d = x.shape[-1]
    angle = (first + torch.arange(x.shape[1]).double())[:, None] * ROPE_BASE ** (-torch.arange(0, d, 2).double() / d)
    pairs = torch.stack((x[..., : d // 2], x[..., d // 2 :]), -1) if neox else x.reshape(*x.shape[:-1], d // 2, 2)
    turned = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * torch.polar(torch.ones_like(angle), angle))
    return torch.cat((turned[..., 0], turned[..., 1]), -1) if neox else turned.reshape(x.shape)


def attention(kind, mask, bias, kv_heads, q, k, v, first):
    """Returns output [n, heads*value_dim] and weights [heads, n, m]."""
    n, m = len(q), len(k)
    q = q.reshape(n, HEADS, HEAD_DIM).transpose(0, 1)
    k = k[:, : kv_heads * HEAD_DIM].reshape(m, kv_heads, HEAD_DIM).transpose(0, 1)
    v = v[:, : kv_heads * VALUE_DIM].reshape(m, kv_heads, VALUE_DIM).transpose(0, 1)
    k, v = (x.repeat_interleave(HEADS // kv_heads, dim=0) for x in (k, v))
    if bias in ("rope", "neox"):
        q, k = rope(q, first, bias == "neox"), rope(k, 0, bias == "neox")
    if kind == "additive":
        s = (torch.tanh(q[:, :, None] + k[:, None]) * inputs["w"].reshape(HEADS, 1, 1, HEAD_DIM)).sum(-1)
    else:
        s = torch.einsum("hqd,hkd->hqk", q, k)
        if kind != "dot":
            s = s / math.sqrt(HEAD_DIM)
    if bias == "softcap":
        s = SOFT_CAP * torch.tanh(s / SOFT_CAP)
    relative = torch.arange(m)[None, :] - (first + torch.arange(n))[:, None]
    if bias == "alibi":
        s = s - torch.tensor(slopes(HEADS)).double()[:, None, None] * relative.abs()
    if bias in ("t5", "t5-both"):
        s = s + inputs["table"][bucket(relative, bias == "t5-both", BUCKETS, MAX_DISTANCE)].permute(2, 0, 1)
    s = s.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else s + mask
    if bias == "sinks":
        column = inputs["sinks"][:, None, None].expand(HEADS, n, 1)
        w = torch.softmax(torch.cat((s, column), -1), -1)[..., :-1]
    else:
        w = torch.softmax(s, -1).nan_to_num(0)
    if kind == "weighted":
        w = torch.where(w == 0, torch.zeros_like(w), s * w)
    return torch.einsum("hqk,hkd->qhd", w, v).reshape(n, -1), w


def table():
    cases = {}
    for way, (n, m, first) in {"self": (SELF, SELF, 0), "cross": (QUERIES, KEYS, 1)}.items():
        q, k, v = inputs["q"][:n], inputs["k"][:m], inputs["v"][:m]
        probe = torch.cos(1 + torch.arange(n)[:, None] + 3 * torch.arange(m)[None, :].double())
        for group, kv_heads in GROUPS.items():
            for mask, see in masks(n, m, first).items():
                numbers = []
                for bias, kind in itertools.product(BIASES, KINDS):
                    out, w = attention(kind, see, bias, kv_heads, q, k, v, first)
                    assert torch.isfinite(out).all() and torch.isfinite(w).all()
                    numbers += [out.flatten(), (w * probe).sum((1, 2))]
                cases[f"{way}/{group}/{mask}"] = pack(torch.cat(numbers))
    return cases


def multihead():
    """torch.nn.MultiheadAttention, whose booleans are true where a key is hidden."""
    cases, embed, n, m = [], 8, 4, 6
    for name, sizes, options in [
        ("self", {}, {}),
        ("self, causal", {}, {"attn_mask": ~torch.ones(n, n).tril().bool()}),
        ("self, no bias", {"bias": False}, {}),
        ("cross, padding", {"kdim": 5, "vdim": 3}, {"key_padding_mask": torch.tensor([[False, True, False, False, True, True]])}),
        ("cross, boolean", {"kdim": 5, "vdim": 3}, {"attn_mask": torch.rand(n, m) < 0.3}),
        ("cross, additive", {"kdim": 5, "vdim": 3}, {"attn_mask": torch.randn(n, m)}),
        ("cross, additive by head", {"kdim": 5, "vdim": 3}, {"attn_mask": torch.randn(2, n, m)}),
    ]:
        layer = torch.nn.MultiheadAttention(embed, 2, batch_first=True, **sizes)
        for p in layer.parameters():
            torch.nn.init.normal_(p)
        q = torch.randn(1, n, embed)
        k, v = (q, q) if not sizes.get("kdim") else (torch.randn(1, m, 5), torch.randn(1, m, 3))
        out, w = layer(q, k, v, need_weights=True, average_attn_weights=False, **options)
        weights = layer.in_proj_weight.chunk(3) if layer._qkv_same_embed_dim else (layer.q_proj_weight, layer.k_proj_weight, layer.v_proj_weight)
        case = {"name": name, "q": q, "k": k, "v": v, "wq": weights[0], "wk": weights[1], "wv": weights[2], "wo": layer.out_proj.weight, "output": out, "weights": w}
        if layer.in_proj_bias is not None:
            case |= dict(zip(("bq", "bk", "bv"), layer.in_proj_bias.chunk(3))) | {"bo": layer.out_proj.bias}
        case |= {key: x.float() for key, x in options.items()}
        cases.append({key: x if isinstance(x, str) else pack(x.detach()) for key, x in case.items()})
    return cases


def main():
    distances = torch.arange(-150, 151)
    shapes = [(True, 32, 128), (False, 32, 128), (True, 6, 4), (False, 6, 4), (False, 64, 100), (True, 10, 50)]
    top = {
        "inputs": {name: pack(x) for name, x in inputs.items()} | {"word": pack(word), "seen": pack(seen), "heads": pack(per_head)},
        "slopes": {n: pack(slopes(n)) for n in (1, 2, 3, 8, 12, 16, 20)},
        "buckets": [{"bidirectional": b, "buckets": n, "maxDistance": d, "of": bucket(distances, b, n, d).tolist()} for b, n, d in shapes],
    }
    lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in top.items()]
    lines.append('"multihead": [\n' + ",\n".join(json.dumps(c) for c in multihead()) + "\n]")
    lines.append('"table": {\n' + ",\n".join(f'"{k}": "{v}"' for k, v in table().items()) + "\n}")
    print("{" + ",\n".join(lines) + "}")


if __name__ == "__main__":
    main()
