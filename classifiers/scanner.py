"""Finding known names in a text: leftmost, longest, without overlap, in time linear in the text."""

import re
from collections.abc import Iterable, Sequence
from operator import add
from typing import NamedTuple


class Hit(NamedTuple):
    """`text[start:end]` is the known name `name`."""

    start: int
    end: int
    name: str


def pairs_of(text: str) -> list[str]:
    """Each character with the one after it, a space after the last: what several scanners ask of one text, made once."""
    return list(map(add, text, text[1:] + " "))


class Scanner:
    """A fixed set of names. A longer name hides the shorter ones inside it (和平路 hides 和平)."""

    __slots__ = ("_names", "_single", "_sizes_after_one", "_sizes_after_two")

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name for name in names if name)
        single = {name for name in self._names if len(name) == 1}
        sizes: dict[str, set[int]] = {}
        for name in self._names - single:
            sizes.setdefault(name[:2], set()).add(len(name))
        # Two characters say almost always that nothing starts here; only then is the text cut and looked up.
        self._sizes_after_two = {
            two: tuple(sorted(found | ({1} if two[0] in single else set()), reverse=True))
            for two, found in sizes.items()
        }
        self._sizes_after_one = dict.fromkeys(single, (1,))
        self._single = re.compile(f"[{re.escape(''.join(sorted(single)))}]") if single else None

    def __len__(self) -> int:
        return len(self._names)

    def find(self, text: str, pairs: Sequence[str] | None = None) -> list[Hit]:
        """The hits in `text`, from left to right. `pairs`: those of the text, where they are known already."""
        after_two, after_one, names = self._sizes_after_two, self._sizes_after_one, self._names
        if pairs is None:
            pairs = pairs_of(text)
        if self._single is not None and self._single.search(text) is not None:
            starts = [(i, two) for i, two in enumerate(pairs) if two in after_two or two[0] in after_one]
        else:
            starts = [(i, two) for i, two in enumerate(pairs) if two in after_two]
        out = []
        free = 0
        for start, two in starts:
            if start < free:
                continue
            for size in after_two.get(two) or after_one[two[0]]:
                name = text[start : start + size]
                if name in names:
                    free = start + size
                    out.append(Hit(start, free, name))
                    break
        return out
