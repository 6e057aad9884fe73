"""How far a topic's partition has been dealt with, where records are finished out of order."""

from collections.abc import Iterator

from aiokafka import TopicPartition


class Progress:
    """Offsets begun and finished. What may be committed is the first that is not finished: what lies behind is asked again after
    a crash, what lies before it never."""

    def __init__(self) -> None:
        self._open: dict[TopicPartition, set[int]] = {}
        self._next: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}

    def begin(self, place: TopicPartition, offset: int) -> None:
        """A record has been taken in hand; offsets of one place come in ascending order."""
        self._open.setdefault(place, set()).add(offset)
        self._next[place] = offset + 1

    def done(self, place: TopicPartition, offset: int) -> None:
        """It is finished for good. Of a place that was given away meanwhile, it means nothing."""
        self._open.get(place, set()).discard(offset)

    def drop(self, places: Iterator[TopicPartition] | set[TopicPartition]) -> None:
        """These places are somebody else's now."""
        for place in places:
            for known in (self._open, self._next, self._committed):
                known.pop(place, None)

    def due(self) -> dict[TopicPartition, int]:
        """What is to be committed now, place by place; empty where nothing has moved."""
        floors = {place: min(self._open[place], default=following) for place, following in self._next.items()}
        return {place: floor for place, floor in floors.items() if self._committed.get(place) != floor}

    def committed(self, offsets: dict[TopicPartition, int]) -> None:
        """It has been committed."""
        self._committed.update(offsets)

    @property
    def in_hand(self) -> int:
        """Records begun and not finished."""
        return sum(map(len, self._open.values()))
