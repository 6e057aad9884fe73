"""The clock of a lane: what falls due on the entries of its partition, and what of it has to be said now.

It decides nothing. Whether a deadline still holds is for casework to say when the message arrives; so a message that a crash
makes come twice, or that comes after the case has moved on, changes nothing.

Times are the broker's, because casework goes by its stamps. How far its clock is behind ours is learned from them.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Sequence

from dispatcher.stream.records import Due

_SLACK_MS = 20
"""How far the broker's clock is taken to be behind ours, until a stamp tells of more."""

_AGAIN_MS = 3_000
"""Sent again so long after a message that was read and changed nothing; twice as long after each further one."""

_AGAIN_MOST_MS = 3_600_000

_AT_ONCE = 200
"""Messages in one transaction."""

_SPARE = 1_000
"""Heap entries that have lost their meaning and may lie about before the heap is made anew."""

Taken = tuple[bytes, Due]


class LaneClock:
    """One `Due` for each key at the most: the next thing that falls due on it.

    A due is waiting, then under way from `take` until the lane has read past its message. As long as it is under way it is
    not sent again, however long the lane takes: a backlog of deadlines must not feed itself.
    """

    def __init__(self) -> None:
        self._due: dict[bytes, Due] = {}
        self._waiting: dict[bytes, int] = {}  # key -> its time; what the heap says otherwise has lost its meaning
        self._heap: list[tuple[int, bytes]] = []
        self._under_way: deque[tuple[int, bytes, Due]] = deque()
        self._tries: dict[bytes, int] = {}
        self._slack_ms = _SLACK_MS

    def __len__(self) -> int:
        return len(self._due)

    def set(self, key: bytes, due: Due | None) -> None:
        """What falls due next on `key` from now on; None: nothing."""
        if self._due.get(key) == due:
            return
        self._tries.pop(key, None)
        if due is None:
            del self._due[key]
            self._waiting.pop(key, None)
        else:
            self._due[key] = due
            self._wait(key, due.at_ms)

    def apply(self, dues: Iterable[tuple[bytes, Due | None]]) -> None:
        """Take over what a committed batch has changed."""
        for key, due in dues:
            self.set(key, due)

    def next_ms(self) -> int | None:
        """When to look again, by our clock."""
        while self._heap and self._waiting.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] + self._slack_ms if self._heap else None

    def take(self, now_ms: int) -> list[Taken]:
        """What is due at `now_ms` of our clock, the earliest first, at most one transaction's worth."""
        out: list[Taken] = []
        while len(out) < _AT_ONCE and (first := self.next_ms()) is not None and first <= now_ms:
            _, key = heapq.heappop(self._heap)
            del self._waiting[key]
            out.append((key, self._due[key]))
        return out

    def sent(self, taken: Sequence[Taken], *, last_offset: int, stamped_ms: int) -> None:
        """The messages of `taken` lie on the partition, the last of them at `last_offset`, stamped by the broker's clock."""
        early = max(due.at_ms for _, due in taken) - stamped_ms
        if early > 0:
            self._slack_ms += early
        for key, due in taken:
            if due.at_ms > stamped_ms:  # casework will refuse it as too early
                self._wait(key, due.at_ms)
            else:
                self._under_way.append((last_offset, key, due))

    def passed(self, next_offset: int, now_ms: int) -> None:
        """The lane has read everything below `next_offset`. A due that still stands then has met with a fault."""
        while self._under_way and self._under_way[0][0] < next_offset:
            _, key, due = self._under_way.popleft()
            if self._due.get(key) == due and key not in self._waiting:
                tries = self._tries[key] = self._tries.get(key, 0) + 1
                self._wait(key, now_ms - self._slack_ms + min(_AGAIN_MOST_MS, _AGAIN_MS << min(tries - 1, 20)))

    def _wait(self, key: bytes, at_ms: int) -> None:
        self._waiting[key] = at_ms
        heapq.heappush(self._heap, (at_ms, key))
        if len(self._heap) > 2 * len(self._waiting) + _SPARE:  # cases that change often, each time with another far end
            self._heap = [(at, one) for one, at in self._waiting.items()]
            heapq.heapify(self._heap)
