"""The difference of two large multisets in little memory: an invertible Bloom lookup table of digests.

What is recorded is added and what is made again is taken away, in any order and in any number of processes, whose tables
are added up. What occurs on both sides leaves nothing; what is left over can be read off again, as long as it is no more
than a few thousand, however many there were. (Goodrich and Mitzenmacher, Invertible Bloom Lookup Tables, 2011.)
"""

import hashlib
import zlib
from typing import Any, Self

import numpy as np

#: Cells of each of the three parts; together they tell about four fifths as many differences apart.
_CELLS = 2048
_PARTS = 3
#: A digest as four numbers of 32 bits, and a fifth by which a cell with a single digest is known.
_WORDS = 4
_BYTES = 4 * _WORDS
_WAITING = 2048 * _BYTES
_ODD = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], dtype=np.uint64)


def digest(*parts: bytes) -> bytes:
    """Of a record's parts, 16 bytes. Every part with its length, so that no part can pretend to be another."""
    told = b"".join([len(part).to_bytes(4, "big") + part for part in parts])
    return hashlib.blake2b(told, digest_size=_BYTES).digest()


class Sieve:
    """Digests of one side plus those of the other side minus."""

    def __init__(self, cells: Any = None) -> None:
        # Each row: how many digests are in the cell, the sums of their words, and the sum of their check numbers. Sums of
        # 32-bit numbers in 64 bits stay exact for two thousand million records.
        self._cells = np.zeros((_PARTS * _CELLS, _WORDS + 2), dtype=np.int64) if cells is None else cells
        self._waiting = {1: bytearray(), -1: bytearray()}

    def add(self, one: bytes, sign: int) -> None:
        """One digest more (1) or less (-1)."""
        waiting = self._waiting[sign]
        waiting += one
        if len(waiting) >= _WAITING:
            self._settle(sign)

    def _settle(self, sign: int) -> None:
        rows = np.frombuffer(bytes(self._waiting[sign]), dtype="<u4").reshape(-1, _WORDS).astype(np.int64)
        self._waiting[sign].clear()
        if len(rows):
            self._put(rows, np.full(len(rows), sign, dtype=np.int64))

    def _put(self, rows: Any, times: Any) -> None:
        whole = np.column_stack((np.ones(len(rows), dtype=np.int64), rows, _check(rows))) * times[:, None]
        for part in range(_PARTS):
            np.add.at(self._cells, _cell(rows, part), whole)

    def plus(self, other: Self) -> None:
        """Both together."""
        self._cells = self._all() + other._all()

    def _all(self) -> Any:
        for sign in self._waiting:
            self._settle(sign)
        return self._cells

    @property
    def is_empty(self) -> bool:
        """Whether both sides are the same."""
        return not self._all().any()

    def left(self) -> tuple[dict[bytes, int], int]:
        """What one side has more often than the other (above 0: the side that was added), and the net number of what could not
        be told apart; -1 where that happens to be 0 and something is left all the same."""
        rest = Sieve(self._all().copy())
        found: dict[bytes, int] = {}
        for _ in range(_CELLS):  # each round empties a cell, or there is nothing more to read off
            rows, times = rest._single()
            if not len(rows):
                break
            rest._put(rows, -times)
            for row, count in zip(rows, times.tolist(), strict=True):
                name = row.astype("<u4").tobytes()
                found[name] = found.get(name, 0) + count
        net = abs(int(rest._cells[:_CELLS, 0].sum()))
        return {name: count for name, count in found.items() if count}, net or (0 if rest.is_empty else -1)

    def _single(self) -> tuple[Any, Any]:
        """The digests of cells that hold one alone, once or several times."""
        cells = self._cells
        places = np.flatnonzero(cells[:, 0])
        times = cells[places, 0]
        sums = cells[places, 1 : _WORDS + 1]
        rows = sums // times[:, None]
        good = (rows * times[:, None] == sums).all(axis=1) & (rows >= 0).all(axis=1) & (rows < 1 << 32).all(axis=1)
        places, times, rows = places[good], times[good], rows[good]
        good = cells[places, _WORDS + 1] == _check(rows) * times
        good &= np.choose(places // _CELLS, [_cell(rows, part) for part in range(_PARTS)]) == places
        rows, first = np.unique(rows[good], axis=0, return_index=True)
        return rows, times[good][first]

    def plain(self) -> bytes:
        """As bytes, the same for the same digests whatever their order."""
        return zlib.compress(self._all().astype("<i8").tobytes(), 1)

    def digest(self) -> str:
        """Of all that was added and taken away, whatever its order: hexadecimal."""
        return hashlib.sha256(self._all().astype("<i8").tobytes()).hexdigest()

    @classmethod
    def of(cls, plain: bytes) -> Self:
        """From `plain`."""
        cells = np.frombuffer(zlib.decompress(plain), dtype="<i8").reshape(_PARTS * _CELLS, _WORDS + 2)
        return cls(cells.astype(np.int64))


def _cell(rows: Any, part: int) -> Any:
    return rows[:, part] % _CELLS + part * _CELLS


def _check(rows: Any) -> Any:
    mixed = (rows.astype(np.uint64) * _ODD).sum(axis=1)  # a sum modulo 2 ** 64
    return ((mixed ^ (mixed >> np.uint64(29))) >> np.uint64(7) & np.uint64(0x7FFFFFFF)).astype(np.int64)
