"""`make golden`: writes what every case comes to now. The diff is then reviewed like code.

What a provider billed (`billed.json`) and the frozen prices are never written.
"""

from __future__ import annotations

import sys

from tests.golden.corpus import CASES, dumped, frozen_prices, name_of, play


def main() -> int:
    """Rewrite all, and say what changed."""
    table = frozen_prices()
    for case in CASES:
        played = play(case, table)
        for file, value in (("spans", played.spans), ("metrics", played.metrics)):
            path, text = case / f"{file}.expected.json", dumped(value)
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
                sys.stdout.write(f"rewritten: {name_of(case)}/{path.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
