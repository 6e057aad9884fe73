"""Dead letters: the raw record, byte for byte, with the reason in headers. Nothing personal goes into a header of ours."""

from typing import Final

from dispatcher.domain.errors import BadRecord
from dispatcher.stream.records import InputRecord, Output

TOPIC = "dead-letters"

#: Headers that this service adds, all text in UTF-8. The record's own headers keep their names behind "orig_".
HEADERS: Final = (
    "dl_reason",
    "dl_code",
    "dl_hint",
    "dl_stage",
    "dl_topic",
    "dl_partition",
    "dl_offset",
    "dl_timestamp_ms",
)
REASON, CODE, HINT, STAGE, SOURCE_TOPIC, SOURCE_PARTITION, SOURCE_OFFSET, SOURCE_TIME = HEADERS
ORIGINAL = "orig_"
#: On a record that was sent again by ``dispatcher dlq redrive``: where the dead letter lies.
REDRIVEN = "x-redriven-from"


def letter(record: InputRecord, error: BadRecord, *, stage: str) -> Output:
    """The dead letter for `record`: same key, same value, original headers kept."""
    told = {
        REASON: error.message,
        CODE: error.code,
        HINT: error.hint,
        STAGE: stage,
        SOURCE_TOPIC: record.topic,
        SOURCE_PARTITION: str(record.partition),
        SOURCE_OFFSET: str(record.offset),
        SOURCE_TIME: str(record.timestamp_ms),
    }
    headers = tuple((name, text.encode("utf-8", "replace")) for name, text in told.items())
    original = tuple((ORIGINAL + name, value) for name, value in record.headers)
    return Output(
        TOPIC, record.key or f"{record.topic}/{record.partition}".encode(), record.value, (*headers, *original)
    )
