"""Records whose header keys are not UTF-8.

Kafka's protocol calls a header key a string, but no broker looks, and clients in C send any bytes. aiokafka's compiled parser
raises on such a key, for ever, and the partition behind that record would never be read again. Such a batch is parsed once
more by aiokafka's parser in Python, with the key's foreign bytes replaced.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy


class _Lenient(bytearray):
    """A buffer whose slices decode with foreign bytes replaced."""

    def __getitem__(self, where: Any) -> Any:
        found = super().__getitem__(where)
        return _Lenient(found) if isinstance(where, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:  # noqa: ARG002
        return super().decode(encoding, "replace")


class _Batch:
    """A batch as the fetcher uses it: all its attributes, and its records whatever their header keys are."""

    def __init__(self, batch: Any, again: Any) -> None:
        self._batch = batch
        self._again = again

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except UnicodeDecodeError:
            return self._tolerantly()

    def __next__(self) -> Any:
        return next(self._batch)

    def _tolerantly(self) -> Iterator[Any]:
        batch = _DefaultRecordBatchPy(self._again())
        batch._maybe_uncompress()
        batch._buffer = _Lenient(batch._buffer)
        return iter(batch)


class Records:
    """`aiokafka.record.MemoryRecords` with such batches."""

    _compiled: Any = fetcher.MemoryRecords

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._records = self._compiled(raw)
        self._taken = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def next_batch(self) -> Any:
        batch = self._records.next_batch()
        number = self._taken
        self._taken += 1
        return _Batch(batch, lambda: self._slice(number))

    def _slice(self, number: int) -> memoryview:
        """The bytes of the batch that is `number` in order."""
        walk = _MemoryRecordsPy(self._raw)
        for _ in range(number):
            walk._cache_next()
        found: memoryview | None = walk._next_slice
        assert found is not None
        return found


def tolerate() -> None:
    """Let every consumer of this process read such records."""
    fetcher.MemoryRecords = Records
