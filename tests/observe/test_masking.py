"""No personal data in logs, in whatever field it comes."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from dispatcher.observe.logging import configure, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("回拨13812345678", "回拨138****5678"),
        ("回拨 138 1234 5678。", "回拨 138****5678。"),
        ("138-1234-5678", "138****5678"),
        ("+86 13812345678", "138****5678"),
        ("+8613812345678", "138****5678"),
        ("13812345678,13912345678", "138****5678,139****5678"),
        ("身份证210102199001011234", "身份证210102********1234"),
        ("21010219900101123X", "210102********123X"),
        ("21010219900101123x", "210102********123x"),
    ],
)
def test_numbers_that_name_a_person(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    ["110", "12345", "2026112118050001", "offset 123456789012", "12812345678", "c-1", "00000000-0000-5000-8000-00138"],
)
def test_other_numbers_stay_as_they_are(text: str) -> None:
    assert mask(text) == text


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is written to standard error, with the loggers as a worker has them."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure()
    yield written
    root.handlers[:], level = before[0], before[1]
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def last(lines: io.StringIO) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(lines.getvalue().splitlines()[-1])
    return told


@pytest.mark.parametrize("field", ["caller", "contact", "text", "address", "caller_address", "value", "pseudonym_key"])
def test_fields_that_are_never_written(field: str, lines: io.StringIO) -> None:
    structlog.get_logger("test").info("call.read", **{field: "沈河区北站13812345678"})
    assert last(lines)[field] == "<16 characters>"


def test_any_other_field_and_the_event_itself_are_masked(lines: io.StringIO) -> None:
    structlog.get_logger("test").warning("回拨13812345678", note="又是13912345678", call_id="c-1")
    told = last(lines)
    assert (told["event"], told["note"], told["call_id"]) == ("回拨138****5678", "又是139****5678", "c-1")
    assert told["level"] == "warning"


def test_the_standard_librarys_loggers_are_masked_too(lines: io.StringIO) -> None:
    logging.getLogger("other.library").warning("caller %s", "13812345678")
    assert last(lines)["event"] == "caller 138****5678"


def test_a_traceback_is_masked(lines: io.StringIO) -> None:
    try:
        raise ValueError("13812345678")
    except ValueError:
        structlog.get_logger("test").exception("handler.raised")
    assert "13812345678" not in lines.getvalue()
    assert "138****5678" in last(lines)["exception"]


@pytest.mark.parametrize(
    "value",
    [{"phone": "13812345678"}, ["13812345678"], (["a", {"b": "13812345678"}],), 13812345678, ValueError("13812345678")],
)
def test_what_is_nested_is_masked(value: object, lines: io.StringIO) -> None:
    structlog.get_logger("test").info("found", something=value)
    assert "13812345678" not in lines.getvalue()
    assert "138****5678" in lines.getvalue()


def test_a_secret_field_inside_another_is_not_written(lines: io.StringIO) -> None:
    structlog.get_logger("test").info("found", call={"text": "着火了", "call_id": "c-1"})
    assert "着火了" not in lines.getvalue()
    assert last(lines)["call"]["call_id"] == "c-1"


def test_bound_ids_appear_on_each_line(lines: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(call_id="c-1", case_id="k-1")
    structlog.get_logger("test").info("one")
    told = last(lines)
    assert (told["call_id"], told["case_id"], told["logger"]) == ("c-1", "k-1", "test")
    assert told["timestamp"].endswith("Z")


def test_an_18_digit_call_id_is_no_identity_number(lines: io.StringIO) -> None:
    structlog.get_logger("test").info("one", call_id="202611211805000001")
    assert last(lines)["call_id"] == "202611211805000001"
