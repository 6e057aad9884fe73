"""Records of ``case-events`` into the tables, a batch at a time. The place to go on from is the database's own."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from dispatcher.ledger.book import Book
from dispatcher.ledger.entry import Entry, Odd, Unread, read
from dispatcher.ledger.fold import Unknown, fold
from dispatcher.ledger.store import Place, Store
from dispatcher.stream.records import InputRecord


class Projector:
    """Writes to one store. What was read before, by offset or by event_id, changes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.places: dict[int, Place] = store.places()

    def take(self, records: Iterable[InputRecord], *, ends: Mapping[int, int] | None = None) -> int:
        """Fold a batch and commit it; returns how many records were new. Offsets rise within each partition.

        `ends`: up to where the partitions have been read with it, where that is beyond the batch's last records: Kafka has
        offsets that hold no record. Raises `LedgerBusy`; after any error the store stands as it was before the batch.
        """
        fresh: list[InputRecord] = []
        reached: dict[int, int] = {}
        for record in records:
            if record.offset >= reached.get(record.partition, self._next(record.partition)):
                reached[record.partition] = record.offset + 1
                fresh.append(record)
        for partition, end in (ends or {}).items():
            if end > reached.get(partition, self._next(partition)):
                reached[partition] = end
        if not reached:
            return 0
        found = [read(record) for record in fresh]
        entries = [one for one in found if isinstance(one, Entry)]
        with self._store.transaction() as connection:
            self._store.lock(connection, self.places)
            before = self._store.known_events(connection, {entry.event_id for entry in entries})
            book = self._store.book(connection, {case for one in entries if (case := one.soft("case_id")) is not None})
            counts = _fold_all(found, before, book)
            moved = {
                partition: self.places.get(partition, _START).after(end, counts[partition])
                for partition, end in reached.items()
            }
            self._store.write(connection, book)
            self._store.move(connection, moved)
        self.places |= moved
        return len(fresh)

    def _next(self, partition: int) -> int:
        return self.places.get(partition, _START).next


_START = Place(0)


def _fold_all(found: Sequence[Entry | Unread], before: set[str], book: Book) -> dict[int, Counter[str]]:
    """partition -> how many records there were of each kind; every record is in exactly one count."""
    seen = set(before)
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for one in found:
        if isinstance(one, Unread):
            book.add("unread", one.row())
            kind = "unread"
        elif one.event_id in seen:
            kind = "duplicates"
        else:
            seen.add(one.event_id)
            kind = _fold_one(one, book)
            book.add("events", one.row("yes" if kind == "folded" else kind))
        counts[one.record.partition][kind] += 1
    return counts


def _fold_one(entry: Entry, book: Book) -> str:
    try:
        book.apply(fold(entry, book))
    except Unknown:
        return "unknown"
    except Odd:
        return "odd"
    return "folded"
