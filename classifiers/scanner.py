"""Finding known names in a text: leftmost, longest, without overlap, in time linear in the text."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Hit(NamedTuple):
    """`text[start:end]` is the known name `name`."""

    start: int
    end: int
    name: str


class Scanner:
    """A fixed set of names. A longer name hides the shorter ones inside it (和平路 hides 和平)."""

    __slots__ = ("_lengths", "_names")

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name for name in names if name)
        lengths: dict[str, set[int]] = {}
        for name in self._names:
            lengths.setdefault(name[0], set()).add(len(name))
        self._lengths = {first: tuple(sorted(sizes, reverse=True)) for first, sizes in lengths.items()}

    def __len__(self) -> int:
        return len(self._names)

    def find(self, text: str) -> Iterator[Hit]:
        """The hits in `text`, from left to right."""
        lengths, names = self._lengths, self._names
        free = 0
        for start, char in enumerate(text):
            if start < free or char not in lengths:
                continue
            for size in lengths[char]:
                name = text[start : start + size]
                if name in names:
                    free = start + size
                    yield Hit(start, free, name)
                    break
