"""The parts of the client that need no broker."""

from __future__ import annotations

import asyncio
import contextlib
import os
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import click
import orjson
import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.catalog import load_catalog
from dispatcher.cli.options import Moment
from dispatcher.client.aliases import call_aliases, names_of
from dispatcher.client.decide import read_question
from dispatcher.client.feed import filled
from dispatcher.client.health import Level, holidays
from dispatcher.client.letters import Letter, read_letter
from dispatcher.client.lines import lines
from dispatcher.client.publisher import call_headers, fresh_call_id, key_of
from dispatcher.client.units import find_unit
from dispatcher.domain import calendar
from dispatcher.domain.errors import BadRecord, NotFound
from dispatcher.domain.jsonl import claimed_id
from dispatcher.settings import load
from dispatcher.stream import dead_letters
from dispatcher.stream.records import InputRecord

UNITS = load_catalog(load().home).agencies.units
NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)


def test_every_name_of_every_unit_finds_it() -> None:
    for unit in UNITS:
        for name in (unit.code, unit.name, *unit.aliases, unit.code.upper(), f" {unit.name} "):
            assert find_unit(name, UNITS) is unit


@pytest.mark.parametrize(
    ("typed", "meant"), [("housng", "housing"), ("城官", "urban-management"), ("公安", "public-security")]
)
def test_a_slip_gets_the_near_ones(typed: str, meant: str) -> None:
    with pytest.raises(NotFound) as caught:
        find_unit(typed, UNITS)
    assert meant in caught.value.hint


def test_a_name_far_from_all_gets_no_guess() -> None:
    with pytest.raises(NotFound) as caught:
        find_unit("qqqqqqqq", UNITS)
    assert "Did you mean" not in caught.value.hint


def test_call_ids_tell_the_citys_time_and_never_repeat() -> None:
    made = {fresh_call_id(NOW) for _ in range(1000)}
    assert len(made) == 1000
    assert all(call_id.startswith("20261121180500-") for call_id in made)


def test_the_key_is_the_callers_pseudonym_however_the_number_is_written() -> None:
    keys = {
        key_of("c", number, pseudonym_key="k") for number in ("13800000001", "+86 138-0000-0001", "008613800000001")
    }
    assert len(keys) == 1
    assert key_of("c", None, pseudonym_key="k") == b"c"
    assert b"138" not in keys.pop()[:3]


def test_headers_of_a_call_follow_cloudevents_and_trace_context() -> None:
    headers = dict(call_headers("c-1", NOW))
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_time"] == b"2026-11-21T10:05:00+00:00"
    version, trace, span, flags = headers["traceparent"].split(b"-")
    assert (version, len(trace), len(span), flags) == (b"00", 32, 16, b"01")


@given(st.binary())
def test_filling_touches_only_objects_that_lack_something(line: bytes) -> None:
    whole = orjson.dumps({"jjdbh": "x", "jjsj": "y"})
    assert filled(whole, NOW) == whole
    try:
        changed = isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        changed = False
    assert (filled(line, NOW) != line) == changed


def test_aliases_come_from_the_contract() -> None:
    assert names_of("call_id")[0] == "call_id"
    assert call_aliases()["text"] == ("bjnr",)
    assert "console" not in call_aliases()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_question_or_a_bad_record(line: bytes) -> None:
    claimed_id(line)
    with contextlib.suppress(BadRecord):
        read_question(line)


@pytest.mark.parametrize(
    "line", [b"[" * 100_000, b'{"id":1,"text":"x","received_at":"9999-12-31T23:59:59Z"}', b'{"id":NaN}']
)
def test_lines_that_are_traps(line: bytes) -> None:
    with pytest.raises(BadRecord):
        read_question(line)


def letter(key: bytes | None, **headers: str) -> Letter | None:
    told = {
        dead_letters.SOURCE_TOPIC: "calls",
        dead_letters.SOURCE_PARTITION: "3",
        dead_letters.SOURCE_OFFSET: "42",
    } | headers
    pairs = tuple((name, text.encode()) for name, text in told.items())
    return read_letter(InputRecord("dead-letters", 0, 1, 0, key, b"v", (*pairs, ("orig_a", b"1"), ("orig_a", b"2"))))


def test_a_letter_knows_its_record() -> None:
    found = letter(b"k")
    assert found is not None
    assert (found.place, found.source_place, found.key) == ("dead-letters/0/1", "calls/3/42", b"k")
    assert found.source == TopicPartition("calls", 3)
    assert found.original == (("a", b"1"), ("a", b"2"))


def test_a_record_without_a_key_gets_none_back() -> None:
    found = letter(b"calls/3")
    assert found is not None
    assert found.key is None


def test_what_somebody_else_wrote_to_dead_letters_is_no_letter() -> None:
    assert letter(b"k", dl_offset="many") is None


@pytest.mark.parametrize(
    ("text", "ago"), [("90m", timedelta(minutes=90)), ("2h", timedelta(hours=2)), ("3d", timedelta(days=3))]
)
def test_an_age_is_a_moment(text: str, ago: timedelta) -> None:
    before = datetime.now(UTC)
    moment = Moment().convert(text, None, None)
    assert before - timedelta(seconds=1) <= moment + ago <= datetime.now(UTC)


def test_a_time_without_an_offset_is_the_citys() -> None:
    assert Moment().convert("2026-11-21 18:05", None, None) == NOW
    assert Moment().convert("2026-11-21T10:05:00Z", None, None) == NOW
    with pytest.raises(click.BadParameter):
        Moment().convert("soon", None, None)


def test_the_calendars_end_is_warned_of_in_time() -> None:
    end = calendar.horizon()
    assert holidays(end - timedelta(days=60)).level is Level.OK
    assert holidays(end - timedelta(days=59)).level is Level.WARN
    assert "Monday to Friday" in holidays(date(end.year + 1, 1, 1)).words


async def collect(source: object) -> list[bytes]:
    return [line async for line in lines(source)]  # type: ignore[arg-type]


async def test_lines_of_memory_and_of_a_pipe_are_the_same() -> None:
    text = b"one\n\n" + b"x" * 300_000 + b"\nlast without an end"
    expected = text.splitlines(keepends=True)
    assert await collect(BytesIO(text)) == expected

    out_of, into = os.pipe()
    with os.fdopen(out_of, "rb") as source:
        reading = asyncio.ensure_future(collect(source))
        with os.fdopen(into, "wb") as target:
            await asyncio.to_thread(target.write, text)
            await asyncio.to_thread(target.flush)
        assert await asyncio.wait_for(reading, 60) == expected
