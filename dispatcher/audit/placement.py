"""Whether records lie where their keys belong: murmur2 of a whole batch at once.

The partition is no part of a record's hash; the key is, and the key tells the partition.
"""

from collections.abc import Sequence

import numpy as np

from dispatcher.stream.writer import partition_for

_SEED, _M, _R = 0x9747B28C, 0x5BD1E995, 24


def misplaced(keys: Sequence[bytes | None], partition: int, partitions: int) -> set[int]:
    """The indexes of the keys that belong on another partition than `partition`. A record without a key has no home."""
    found: set[int] = set()
    by_size: dict[int, list[int]] = {}
    for index, key in enumerate(keys):
        if key is not None:
            by_size.setdefault(len(key), []).append(index)
    for size, indexes in by_size.items():
        if size % 4 or size == 0 or len(indexes) < 8:
            found.update(i for i in indexes if partition_for(keys[i] or b"", partitions) != partition)
            continue
        homes = _homes(b"".join(keys[i] or b"" for i in indexes), size, partitions)
        found.update(indexes[int(wrong)] for wrong in np.flatnonzero(homes != partition))
    return found


def _homes(joined: bytes, size: int, partitions: int) -> np.ndarray:
    words = np.frombuffer(joined, dtype="<u4").reshape(-1, size // 4).T
    factor = np.uint32(_M)
    hashed = np.full(words.shape[1], _SEED ^ size, dtype=np.uint32)
    for word in words:
        mixed = word * factor
        mixed ^= mixed >> np.uint32(_R)
        mixed *= factor
        hashed *= factor
        hashed ^= mixed
    hashed ^= hashed >> np.uint32(13)
    hashed *= factor
    hashed ^= hashed >> np.uint32(15)
    return (hashed & np.uint32(0x7FFFFFFF)) % np.uint32(partitions)
