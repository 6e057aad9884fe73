"""Sealing: personal texts of the ledger leave a lane only as ciphertext under a key of their case.

The key is minted by the lane that owns the case, with its first event, and lies in two places: in the lane's state as long as the
case does, and on ``case-keys`` until it is erased (docs/adr/0011). Both are written in the transaction of the event itself, so there
is no event without its key. AES-SIV (RFC 5297) needs no nonce: the same event under the same key is the same bytes.
"""

import hashlib
import secrets
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from dispatcher.domain import sealed
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.sealed import CaseKey, Written, key_name
from dispatcher.stream import topics
from dispatcher.stream.records import Output, ReadState, Result

PREFIX: Final = b"seal:"
"""Keys of a state topic that begin so hold the key of a case and nothing of a case itself."""

SIZE: Final = 16
"""Bytes of a key. The two keys that AES-SIV takes are derived from it."""

Mint = Callable[[int], bytes]
PartitionOf = Callable[[str, bytes], int]


def key_id(key: bytes) -> str:
    """Tells the keys of one case apart: 8 hexadecimal digits that say nothing about the key."""
    return hashlib.sha256(b"dispatcher sealing, id\0" + key).hexdigest()[:8]


def _cipher(key: bytes) -> AESSIV:
    return AESSIV(hashlib.sha256(b"dispatcher sealing, cipher\0" + key).digest())


def _bound(record: Written) -> list[bytes]:
    """What the ciphertext belongs to: moved to another event, it does not open."""
    name = next((said for header, said in record.headers if header == "ce_id"), b"")
    return [record.key or b"", name]


def seal(record: Output, key: bytes) -> Output:
    """The event with its personal texts sealed; as it is where it has none."""
    taken = sealed.take_out(record.value or b"")
    return record if taken is None else _closed(record, taken, key)


def _closed(record: Output, taken: tuple[bytes, bytes], key: bytes) -> Output:
    value, texts = taken
    told = key_id(key).encode() + b":" + _cipher(key).encrypt(texts, _bound(record))
    return Output(record.topic, record.key, value, (*record.headers, (sealed.HEADER, told)), record.partition)


def opened(record: Written, key: bytes) -> bytes | None:
    """The value as it was before `seal`; None where this is not its key, or it has been tampered with."""
    name, _, ciphertext = (sealed.header_of(record) or b"").partition(b":")
    if name != key_id(key).encode():
        return None
    try:
        return sealed.put_back(record.value or b"", _cipher(key).decrypt(ciphertext, _bound(record)))
    except (InvalidTag, BadRecord):
        return None


class Sealer:
    """Seals what one lane writes to the ledger, and keeps the keys of its cases in the lane's state."""

    def __init__(self, partition_of: PartitionOf, *, mint: Mint = secrets.token_bytes) -> None:
        self._partition_of = partition_of
        self._mint = mint

    def seal(self, result: Result, case: bytes | None, read: ReadState) -> None:
        """Seal the events in `result`, and add to it the keys that they need and what becomes of the state's. `case`: the input's key.

        A case that leaves the state takes its key along: the one on ``case-keys`` is left. One whose keys are erased begins again
        with a new key, should there ever be another event of it.
        """
        outputs: list[Output] = []
        for output in result.outputs:
            if output.topic == topics.CASE_EVENTS and output.key is not None:
                output = self._event(output, output.key, result.state, outputs, read)
            outputs.append(output)
        if result.erased is not None and case is not None:
            outputs += self._erased(case, result.erased, result.state, read)
        for key in [key for key, value in result.state.items() if value is None]:
            if read(PREFIX + key) is not None:
                result.state[PREFIX + key] = None
        result.outputs = outputs

    def _event(
        self,
        event: Output,
        case: bytes,
        state: dict[bytes, bytes | None],
        outputs: list[Output],
        read: ReadState,
    ) -> Output:
        if ("ce_type", sealed.NEVER) in event.headers:
            return event
        taken = sealed.take_out(event.value or b"")
        if taken is None:
            return event
        place = PREFIX + case
        key = state[place] if place in state else read(place)
        if key is None:
            key = state[place] = self._mint(SIZE)
            told = CaseKey(case_id=case.decode("utf-8", "replace"), key_id=key_id(key), key=key.hex())
            outputs.append(self._record(case, key_name(case, told.key_id), told.encode()))
        return _closed(event, taken, key)

    def _erased(
        self, case: bytes, named: tuple[bytes, ...], state: dict[bytes, bytes | None], read: ReadState
    ) -> list[Output]:
        """Tombstones of the keys, the one in use among them: whoever asked to erase may not have seen it yet."""
        key = read(PREFIX + case)
        if key is not None:
            state[PREFIX + case] = None
            named = (*named, key_name(case, key_id(key)))
        return [self._record(case, name, None) for name in dict.fromkeys(named)]

    def _record(self, case: bytes, name: bytes, value: bytes | None) -> Output:
        return Output(topics.CASE_KEYS, name, value, partition=self._partition_of(topics.CASE_KEYS, case))
