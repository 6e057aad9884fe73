"""Opening what is sealed in the ledger, for those who may read ``case-keys``.

Keys are looked for from the end of the topic backwards: a case that is looked at is mostly a recent one. One that is not there has
been erased, and its texts stay marks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import orjson

from dispatcher.client.reader import Reader
from dispatcher.domain import sealed
from dispatcher.stream import sealing, topics
from dispatcher.stream.records import InputRecord
from dispatcher.stream.writer import partition_for

#: Records read in the first step backwards; each further step takes four times as many.
_FIRST_WINDOW = 1_000


class CaseKeys:
    """Keys that are at hand; the oldest are forgotten when there are more than `most`."""

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._keys: dict[bytes, bytes] = {}  # by their names on the topic

    def learn(self, record: sealed.Written) -> None:
        """Take in a record of ``case-keys``."""
        name = record.key or b""
        self._keys.pop(name, None)
        if record.value is not None:
            self._keys[name] = bytes.fromhex(orjson.loads(record.value)["key"])
            if len(self._keys) > self._most:
                del self._keys[next(iter(self._keys))]

    def missing(self, record: sealed.Written) -> bytes | None:
        """The name of the key that `record` needs, where that is not at hand."""
        name = sealed.key_of(record)
        return None if name is None or name in self._keys else name

    def reveal(self, record: sealed.Written) -> bytes:
        """The value with its personal texts, as it lies where the key is not at hand."""
        name = sealed.key_of(record)
        key = self._keys.get(name) if name is not None else None
        found = sealing.opened(record, key) if key is not None else None
        return found if found is not None else record.value or b""

    def opened(self, record: InputRecord) -> InputRecord:
        """The record with its value so."""
        return record if sealed.header_of(record) is None else replace(record, value=self.reveal(record))


async def fetch(
    reader: Reader, keys: CaseKeys, records: Iterable[sealed.Written], *, windows: int | None = None
) -> None:
    """Have `keys` learn what `records` need, so far as it is still there. `windows`: look only at so many, from the end."""
    wanted = {name: record.key or b"" for record in records if (name := keys.missing(record)) is not None}
    if not wanted:
        return
    places = reader.partitions(topics.CASE_KEYS)
    needed = {places[partition_for(case, len(places))] for case in wanted.values()}
    names = set(wanted)
    async for starts, ends in reader.windows(needed, first=_FIRST_WINDOW):
        # Backwards, so that the first that is seen of a name is the last that was written: a tombstone stands.
        found = [record async for record in reader.read(starts, ends, keep=lambda raw: raw.key in names)]
        for record in reversed(found):
            if record.key in names:
                names.discard(record.key)
                keys.learn(record)
        windows = windows - 1 if windows is not None else None
        if not names or windows == 0:
            return


async def opened(reader: Reader, records: Sequence[InputRecord]) -> list[InputRecord]:
    """`records` with what is sealed in them opened, so far as the keys are still there."""
    keys = CaseKeys()
    await fetch(reader, keys, records)
    return [keys.opened(record) for record in records]
