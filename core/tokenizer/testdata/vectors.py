"""Makes vectors.json again: what the tokenizers' own libraries give for its texts and files.

    python3 core/tokenizer/testdata/vectors.py            # compares, and says where they differ
    python3 core/tokenizer/testdata/vectors.py --write    # writes the file

It takes the texts and the names of the files from vectors.json itself: add a text to "texts", or a file to
"files" with an empty list, and write. Files that don't begin with testdata/ are in the folder of reference data
(../shared beside the repository, or GANDER_SHARED).

Needs the Python packages tokenizers (the vectors are of 0.23.2), for tokenizer.json, and sentencepiece (0.1.97),
for the other files. A file whose package is not installed stays as it is.
"""

import json
import os
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
shared = pathlib.Path(os.environ.get("GANDER_SHARED", here.parents[3] / "shared"))


def hugging_face(path):
    """Gives a function from a text to its case, of a tokenizer.json."""
    import tokenizers

    tok = tokenizers.Tokenizer.from_file(str(path))

    def case(text):
        ids = tok.encode(text, add_special_tokens=False).ids
        return {
            "ids": ids,
            "special": tok.encode(text, add_special_tokens=True).ids,
            "text": tok.decode(ids, skip_special_tokens=False),
        }

    return case


def sentence_piece(path):
    """The same of a model of SentencePiece, which adds no special tokens by itself."""
    import sentencepiece

    tok = sentencepiece.SentencePieceProcessor(model_file=str(path))

    def case(text):
        ids = tok.encode(text)
        return {"ids": ids, "text": tok.decode(ids)}

    return case


def cases(name, texts):
    path = here.parent / name if name.startswith("testdata/") else shared / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there")
    case = (hugging_face if name.endswith(".json") else sentence_piece)(path)
    return [case(text) for text in texts]


def dump(vectors):
    """One case a line, so that a change shows which."""
    compact = {"ensure_ascii": False, "separators": (",", ":")}
    head = {"oracle": vectors["oracle"], "texts": vectors["texts"]}
    files = ",\n".join(
        f"{json.dumps(name)}:[" + ",\n".join(json.dumps(case, **compact) for case in list_) + "]" for name, list_ in vectors["files"].items()
    )
    return json.dumps(head, **compact)[:-1] + ',\n"files":{' + files + "}}\n"


def main():
    file = here / "vectors.json"
    vectors = json.loads(file.read_text(encoding="utf-8"))
    differ = 0
    for name, old in vectors["files"].items():
        try:
            new = cases(name, vectors["texts"])
        except (ImportError, FileNotFoundError) as reason:
            print(f"{name}: left as it is: {reason}")
            continue
        changed = sum(a != b for a, b in zip(old, new)) + abs(len(old) - len(new))
        print(f"{name}: {len(new)} texts, {changed} differ")
        differ += changed
        vectors["files"][name] = new
    if "--write" in sys.argv[1:]:
        file.write_text(dump(vectors), encoding="utf-8")
    elif differ:
        sys.exit(1)


if __name__ == "__main__":
    main()
