"""What tests/js/format.test.js reads: ``python -m tests.viz.make_format_fixture`` writes it."""

from __future__ import annotations

import json
from pathlib import Path

from inception_lib.viz import format as words

PATH = Path(__file__).parents[1] / "fixtures" / "format.json"


def number_format() -> dict:
    """Numbers and how they are written, by every function of the format."""
    whole = [0, 7, 999, 1000, 9999, 10000, 12345, 999499, 999500, 1128960, 999_500_000]
    whole += [5713216096, 221184000, 23834568, 3_300_000_000_000, -1128960]
    cases = [(name, [n]) for name in ("compact", "grouped") for n in whole]
    cases += [("compact", [x]) for x in (0.5, 2.777777, 9.999, 1234.5678)]
    cases += [("percent", [x]) for x in (0.28, 0.26562, 1 / 3, 1 / 9, 5 / 7, 0, 1, -0.0712)]
    cases += [("decimal", [x, p]) for x in (25 / 9, 1.5, 0, -2.25, 12345.678) for p in (0, 1, 2)]
    return {
        "cases": [
            {"name": name, "args": args, "words": getattr(words, name)(*args)}
            for name, args in cases
        ]
    }


def dump(data: dict) -> str:
    """JSON with one case a line: small, and readable in a diff."""
    cases = ",\n".join(json.dumps(case, ensure_ascii=False) for case in data["cases"])
    return f'{{"cases": [\n{cases}\n]}}\n'


if __name__ == "__main__":
    PATH.write_text(dump(number_format()), encoding="utf-8")
