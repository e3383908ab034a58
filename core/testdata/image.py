#!/usr/bin/env python3
"""Writes image.json: pictures of some sizes as Pillow's LANCZOS makes squares of them.

    python3 core/testdata/image.py > core/testdata/image.json
"""

import json

from PIL import Image

cases = []
for width, height, size in [(5, 4, 3), (3, 5, 8), (16, 9, 4), (7, 7, 7), (1, 2, 4), (40, 6, 5)]:
    pixels = [(31 * i * i + 7 * i + c * 89) % 256 for i in range(width * height) for c in range(3)]
    picture = Image.frombytes("RGB", (width, height), bytes(pixels)).resize((size, size), Image.LANCZOS)
    cases.append({"width": width, "height": height, "size": size, "want": list(picture.tobytes())})
print(json.dumps(cases))
