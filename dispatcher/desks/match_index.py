"""Reports held small, and who says what: all that a report tells as whole numbers, in flat arrays.

A word's list names the reports that say it. Only the newest of a common word are kept, for it tells little anyway; how many say
it is counted in full. A removed report's place is swept out once as many are gone as are left.
"""

from array import array
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatcher.desks.profile import PARTS, Profile

_LISTED: Final = 2_000
"""The newest reports that a word's list names when it is asked; it may grow to twice as many before it is cut."""
_SWEPT: Final = 1_000
"""Gone reports below this number are not worth a sweep."""


class Vocabulary:
    """Each (part, word) told by any report has a number; shared by all indexes of a process."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {part: {} for part in PARTS}
        self._pairs: list[tuple[str, str]] = []

    def number(self, part: str, said: str) -> int:
        """The number, new where need be."""
        numbers = self._numbers[part]
        found = numbers.get(said)
        if found is None:
            found = numbers[said] = len(self._pairs)
            self._pairs.append((part, said))
        return found

    def known(self, part: str, said: str) -> int | None:
        """The number of what some report has told."""
        return self._numbers[part].get(said)

    def told(self, numbers: Iterable[int]) -> dict[str, frozenset[str]]:
        """What the numbers stand for; those of one part follow one another."""
        out: dict[str, list[str]] = {}
        last, words = "", list[str]()
        for part, said in map(self._pairs.__getitem__, numbers):
            if part != last:
                last, words = part, out.setdefault(part, [])
            words.append(said)
        return {part: frozenset(words) for part, words in out.items()}


VOCABULARY: Final = Vocabulary()
"""Words are few and forgotten by nobody: one vocabulary serves every pool."""


class Index:
    """The reports of one side, by place: 0, 1, 2 … in the order of their coming."""

    def __init__(self, reports: Iterable[Profile] = (), vocabulary: Vocabulary = VOCABULARY) -> None:
        self._vocabulary = vocabulary
        self._clear()
        for report in reports:
            self.add(report)

    def _clear(self) -> None:
        self._ids: list[str | None] = []
        self._place: dict[str, int] = {}
        self._told = array("I")
        self._start = array("Q", [0])
        self._since = array("d")
        self._until = array("d")
        self._flags = array("B")
        self._amounts: dict[int, int] = {}
        self._lists: dict[int, array[int]] = {}

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, report_id: str) -> bool:
        return report_id in self._place

    def add(self, report: Profile) -> None:
        """One more report; one of the same id gives way."""
        self.remove(report.report_id)
        number = self._vocabulary.number
        self._append(
            report.report_id,
            [number(part, said) for part in PARTS for said in sorted(report.of(part))],
            report.since.timestamp(),
            report.until.timestamp(),
            report.found + 2 * report.said,
        )

    def _append(self, report_id: str, told: Iterable[int], since: float, until: float, flags: int) -> None:
        place = len(self._ids)
        self._ids.append(report_id)
        self._place[report_id] = place
        for number in told:
            self._told.append(number)
            self._amounts[number] = self._amounts.get(number, 0) + 1
            listed = self._lists.get(number)
            if listed is None:
                listed = self._lists[number] = array("I")
            listed.append(place)
            if len(listed) >= 2 * _LISTED:
                del listed[:_LISTED]
        self._start.append(len(self._told))
        self._since.append(since)
        self._until.append(until)
        self._flags.append(flags)

    def remove(self, report_id: str) -> None:
        """The report is no more; nothing happens where none has this id."""
        place = self._place.pop(report_id, None)
        if place is None:
            return
        self._ids[place] = None
        for number in self._told[self._start[place] : self._start[place + 1]]:
            left = self._amounts[number] - 1
            if left:
                self._amounts[number] = left
            else:
                del self._amounts[number], self._lists[number]
        if len(self._ids) > 2 * len(self._place) + _SWEPT:
            self._sweep()

    def _sweep(self) -> None:
        kept = [
            (name, self._told[self._start[i] : self._start[i + 1]], self._since[i], self._until[i], self._flags[i])
            for i, name in enumerate(self._ids)
            if name is not None
        ]
        self._clear()
        for one in kept:
            self._append(*one)

    def amount(self, part: str, said: str) -> int:
        """How many reports say this."""
        number = self._vocabulary.known(part, said)
        return 0 if number is None else self._amounts.get(number, 0)

    def profile(self, place: int) -> Profile:
        """The report at a place, as it was told; its times in UTC."""
        name = self._ids[place]
        if name is None:
            raise KeyError(place)
        flags = self._flags[place]
        return Profile(
            report_id=name,
            found=bool(flags & 1),
            since=datetime.fromtimestamp(self._since[place], UTC),
            until=datetime.fromtimestamp(self._until[place], UTC),
            said=bool(flags & 2),
            told=self._vocabulary.told(self._told[self._start[place] : self._start[place + 1]]),
        )

    def nearest(self, asked: Iterable[tuple[str, str, float]], most: int) -> list[int]:
        """Places of the `most` reports that say the most of what is asked, (part, word, weight) each; equal ones in the order
        of their ids, whatever the order of their coming."""
        lists: list[NDArray[np.uint32]] = []
        weights: list[float] = []
        for part, said, weight in asked:
            number = self._vocabulary.known(part, said)
            listed = None if number is None else self._lists.get(number)
            if listed:
                lists.append(np.array(listed[-_LISTED:], dtype=np.uint32))
                weights.append(weight)
        if not lists:
            return []
        points = np.bincount(
            np.concatenate(lists), weights=np.repeat(weights, [len(one) for one in lists]), minlength=len(self._ids)
        )
        likely = np.flatnonzero(points)
        if len(likely) > most:
            least = np.partition(points[likely], len(likely) - most)[len(likely) - most]
            likely = likely[points[likely] >= least]
        named = [
            (-points[place], name, int(place)) for place in likely.tolist() if (name := self._ids[place]) is not None
        ]
        return [place for _, _, place in sorted(named)[:most]]
