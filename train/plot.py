#!/usr/bin/python3
"""Draws the loss curve of loss.csv as an SVG. usage: plot.py loss.csv loss.svg"""

import csv
import math
import sys

W, H, LEFT, BOTTOM = 640, 320, 56, 44


def main(source, target):
    rows = list(csv.DictReader(open(source)))
    train = [(float(r["tokens"]) / 1e6, float(r["train_loss"])) for r in rows]
    held = [(float(r["tokens"]) / 1e6, float(r["heldout_loss"])) for r in rows if r["heldout_loss"]]
    right = max(x for x, _ in train)
    low, high = math.log(0.25), math.log(max(y for _, y in train))
    x = lambda v: LEFT + (W - LEFT - 16) * v / right
    y = lambda v: 16 + (H - BOTTOM - 16) * (high - math.log(v)) / (high - low)
    line = lambda points, color, width: '<polyline fill="none" stroke="%s" stroke-width="%s" points="%s"/>' % (color, width, " ".join("%.1f,%.1f" % (x(a), y(b)) for a, b in points))
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">' % (W, H), '<rect width="100%" height="100%" fill="#fff"/>']
    for v in [0.25, 0.3, 0.4, 0.5, 0.7, 1, 2, 4]:
        if math.log(v) <= high:
            out.append('<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>' % (LEFT, y(v), W - 16, LEFT - 6, y(v) + 4, v))
    step = 5
    for v in range(0, int(right) + 1, step):
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%d</text>' % (x(v), H - 26, v))
    out.append('<text x="%d" y="%d" text-anchor="middle">million tokens seen</text>' % ((LEFT + W) // 2, H - 8))
    out.append('<text x="%d" y="12">loss, nats a token: <tspan fill="#b54718">training</tspan>, <tspan fill="#1d4a63">held out</tspan></text>' % LEFT)
    out += [line(train, "#b54718", 1.2), line(held, "#1d4a63", 2.2), "</svg>"]
    open(target, "w").write("\n".join(out) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
