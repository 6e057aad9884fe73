"""The clock of a lane: what falls due on the entries of its partition, as messages to send when their time has come.

It decides nothing. Whether a deadline still holds is for casework to say when the message arrives; so a message that a crash
makes come twice, or that comes after the case has moved on, changes nothing. One that the broker stamped a moment too
early is sent again.
"""

import heapq
from collections.abc import Iterable

from dispatcher.stream.records import Due, Output

_SLACK_MS = 20
"""Sent so long after the time itself: the broker's clock may be a little behind ours."""

_AGAIN_MS = 3_000
"""Sent again after so long, where the entry has not changed."""

_AT_ONCE = 200
"""Messages in one transaction."""


class LaneClock:
    """One `Due` for each key at the most: the next thing that falls due on it."""

    def __init__(self) -> None:
        self._due: dict[bytes, Due] = {}
        self._heap: list[tuple[int, bytes]] = []

    def __len__(self) -> int:
        return len(self._due)

    def set(self, key: bytes, due: Due | None) -> None:
        """What falls due next on `key` from now on; None: nothing."""
        if due is None:
            self._due.pop(key, None)
        elif self._due.get(key) != due:
            self._due[key] = due
            heapq.heappush(self._heap, (due.at_ms + _SLACK_MS, key))

    def apply(self, dues: Iterable[tuple[bytes, Due | None]]) -> None:
        """Take over what a committed batch has changed."""
        for key, due in dues:
            self.set(key, due)

    def next_ms(self) -> int | None:
        """When to look again."""
        while self._heap and self._stale(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now_ms: int) -> list[Output]:
        """What is due at `now_ms`, at most one transaction's worth. Each comes again later unless its entry changes."""
        out: list[Output] = []
        while len(out) < _AT_ONCE and (first := self.next_ms()) is not None and first <= now_ms:
            _, key = heapq.heappop(self._heap)
            out.append(self._due[key].message)
            heapq.heappush(self._heap, (now_ms + _AGAIN_MS, key))
        return out

    def _stale(self, entry: tuple[int, bytes]) -> bool:
        at_ms, key = entry
        due = self._due.get(key)
        # An entry that was pushed for another due time of the key: earlier ones are passed over, later ones are for sending again.
        return due is None or at_ms < due.at_ms + _SLACK_MS
