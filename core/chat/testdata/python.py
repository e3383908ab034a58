"""Renders templates with Python's jinja2, in the environment that transformers sets up for chat templates.

Reads {"context", "cases": [{"template", "context"}]} and writes it with "output" or "error" in each case; a case
without a context of its own has that of the file:

    python3 python.py < golden.json > new.json

The clock stands at 2025-07-10T12:00:00.
"""

import datetime
import functools
import json
import sys

import jinja2
import jinja2.ext
import jinja2.sandbox


class Generation(jinja2.ext.Extension):
    """The block generation, whose text transformers marks for training."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_text"), [], [], body).set_lineno(line)

    def _text(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


env = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
env.filters["tojson"] = tojson
env.globals["raise_exception"] = raise_exception
env.globals["strftime_now"] = datetime.datetime(2025, 7, 10, 12).strftime


@functools.cache
def compiled(source):
    return env.from_string(source)


def render(case, context):
    try:
        return {"output": compiled(case["template"]).render(**case.get("context", context))}
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}


def main():
    file = json.load(sys.stdin)
    context = file.get("context", {})
    cases = [{k: case[k] for k in ("template", "context") if k in case} | render(case, context) for case in file["cases"]]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    print('{"context": ' + json.dumps(context, ensure_ascii=False) + ',\n"cases": [\n' + lines + "\n]}")


if __name__ == "__main__":
    main()
