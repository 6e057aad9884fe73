"""JSON lines through structlog, with personal data masked whatever field it comes in."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_PHONE = re.compile(r"(?<!\d)(\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)")
#: Fields that never reach a log in the clear.
_SECRET = frozenset({"caller", "contact", "text", "address", "caller_address", "value", "pseudonym_key"})


def mask(text: str) -> str:
    """`text` with telephone and identity numbers reduced to what still tells two of them apart."""
    return _IDENTITY.sub(r"\1********\2", _PHONE.sub(r"\2****\4", text))


def _mask_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key in _SECRET and value is not None:
            event[key] = f"<{len(str(value))} characters>"
        elif isinstance(value, str):
            event[key] = mask(value)
    return event


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
