"""Word lists as one regular expression: longest first, gathered by first character, so that a search skips fast."""

import re
from collections.abc import Iterable


def either(words: Iterable[str]) -> str:
    """A pattern that matches the longest of `words`; as a whole it is one group without number."""
    by_first: dict[str, set[str]] = {}
    for word in words:
        if word:
            by_first.setdefault(word[0], set()).add(word[1:])
    parts = []
    for first in sorted(by_first):
        rests = sorted(by_first[first], key=lambda rest: (-len(rest), rest))
        if rests == [""]:
            parts.append(re.escape(first))
        else:
            parts.append(f"{re.escape(first)}(?:{'|'.join(re.escape(rest) for rest in rests)})")
    return f"(?:{'|'.join(parts)})"
