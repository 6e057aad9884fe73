"""Counts how common words are in reports: ``python -m dispatcher.desks.people_common CALLS_FOLDER PEOPLE_FOLDER NAMES…``.

Prints `people_common.yaml`: rarity is minus the logarithm of the largest share of reports, among all calls or those about people,
that say it. What is rarer than the table is left out.
"""

import math
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import orjson

from classifiers.normalise import normalise
from dispatcher.desks.people_words import RAREST, concepts, letters, load, pairs

_ABOUT_PEOPLE: Final = frozenset({"missing_vulnerable", "missing_contact", "vagrant_help"})
_LEAST: Final = 3
Counts = tuple[int, dict[str, Counter[str]]]


def count(texts: Iterable[str]) -> Counts:
    """How many texts, and how many of them say what."""
    words = load()
    total, said = 0, {"letters": Counter[str](), "pairs": Counter[str](), "concepts": Counter[str]()}
    for text in texts:
        clean = normalise(text).text
        total += 1
        said["letters"].update(letters(clean))
        said["pairs"].update(pairs(clean))
        said["concepts"].update(concepts(clean, words)[0])
    return total, said


def rarities(groups: list[Counts], kind: str) -> dict[str, float]:
    """Rarity of everything that is common in one of the groups at least."""
    share: dict[str, float] = {}
    for total, said in groups:
        for word, amount in said[kind].items():
            if amount >= _LEAST:
                share[word] = max(share.get(word, 0.0), amount / total)
    return {word: round(-math.log(one), 1) for word, one in share.items() if -math.log(one) < RAREST - 0.05}


def main(calls: Path, people: Path, names: list[str]) -> int:
    rows = [orjson.loads(line) for path in sorted(calls.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    reports = [
        orjson.loads(line)["text"]
        for name in names
        for side in ("lost", "found")
        for line in (people / f"{name}.{side}.jsonl").read_bytes().splitlines()
    ]
    about = [row["text"] for row in rows if row["category"] in _ABOUT_PEOPLE]
    groups = [count(row["text"] for row in rows), count([*about, *reports])]
    print("# How common words are in calls: level of rarity -> words. Written by dispatcher.desks.people_common.")
    print(f"version: {'+'.join(names)}")
    for kind in ("letters", "pairs", "concepts"):
        levels: dict[float, list[str]] = {}
        for word, one in rarities(groups, kind).items():
            levels.setdefault(max(0.0, one), []).append(word)
        print(f"{kind}:")
        for level in sorted(levels):
            print(f"  '{level}': '{' '.join(sorted(levels[level]))}'")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
