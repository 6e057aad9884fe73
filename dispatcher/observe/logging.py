"""JSON lines through structlog, with personal data masked whatever field it comes in."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_PHONE = re.compile(r"(?<!\d)(\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)")
#: Division, date of birth, rest: a number of 18 digits without a date in it is a call's id and no person's.
_IDENTITY = re.compile(r"(?<!\d)(\d{6})(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(\d{3}[\dXx])(?!\d)")
#: Fields that never reach a log in the clear.
_SECRET = frozenset({"caller", "contact", "text", "address", "caller_address", "value", "pseudonym_key"})


def mask(text: str) -> str:
    """`text` with telephone and identity numbers reduced to what still tells two of them apart."""
    return _IDENTITY.sub(r"\1********\2", _PHONE.sub(r"\2****\4", text))


def _mask_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if not key.startswith("_"):  # structlog's own, taken out again before anything is written
            event[key] = _masked(key, value)
    return event


def _masked(key: object, value: object) -> object:
    """`value` without personal data, however deep it lies in it."""
    if value is None or isinstance(value, bool | float):
        return value
    if key in _SECRET:
        return f"<{len(str(value))} characters>"
    if isinstance(value, Mapping):
        return {name: _masked(name, inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(key, inner) for inner in value]
    shown = mask(str(value))
    return value if isinstance(value, int) and shown == str(value) else shown


def configure(*, level: str = "INFO", json: bool = True) -> None:
    """Send structlog and the standard library's loggers to standard error, as JSON lines or for a person's eyes."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_event,
    ]
    render: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelName(level)
        ),  # a silent debug() costs nothing
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("aiokafka", "faust", "mode", "kafka", "jieba", "dispatcher.stream.transport"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # "Got error produce response … retrying": a partition whose last transaction marker is still being written answers
    # so, and the client asks again after 10 ms (KIP-890). What is not mended by asking again comes up as an exception.
    logging.getLogger("aiokafka.producer.sender").setLevel(logging.ERROR)
