"""What the intake takes as a call, and what it refuses with which words."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from domain_world import POLICY, record
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.domain.calls import CallReceived, read_call, salvage, utc
from dispatcher.domain.errors import BadRecord

APPENDED = datetime(2026, 11, 21, 10, 5, 1, tzinfo=UTC)


def read(value: bytes | None) -> CallReceived:
    return read_call(value, appended_at=APPENDED, policy=POLICY.intake)


def code_of(value: bytes) -> str:
    try:
        read(value)
    except BadRecord as error:
        return error.code
    return "read"


def refused(value: bytes | None) -> BadRecord:
    with pytest.raises(BadRecord) as caught:
        read(value)
    assert caught.value.message
    assert caught.value.hint
    return caught.value


def test_only_three_fields_are_required() -> None:
    call = read(record())
    assert (call.call_id, call.text, call.source, call.confidential) == ("c-1", "楼下烧烤摊太吵", "110", False)
    assert call.received_at == datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
    assert (call.caller, call.contact, call.address, call.console, call.operator) == (None,) * 5


@pytest.mark.parametrize("name", ["call_id", "received_at", "text"])
def test_a_required_field_that_is_missing_is_named(name: str) -> None:
    error = refused(record(**{name: None}))
    assert error.code == "D304"
    assert name in error.message


def test_the_names_of_cad_systems_are_taken() -> None:
    cad = {
        "jjdbh": "210100", "bjdh": "13800000001", "lxdh": "13800000002", "bjdz": "家住和平区", "jqdz": "沈河区北站",
        "bjnr": "楼下吵", "jjsj": "2026-11-21 18:05:00", "bjsj": "2026-11-21 18:04:50", "jjwcsj": "2026-11-21 18:06:00",
        "lhlx": "1", "jqlyfs": "12345", "jqlbdm": "1", "jqlxdm": "2", "jqxldm": "3", "jqzldm": "4", "gxdwdm": "5",
        "sfbm": "1", "glzjjdbh": "",
    }  # fmt: skip
    call = read(json.dumps(cad).encode())
    assert (call.call_id, call.caller, call.contact) == ("210100", "13800000001", "13800000002")
    assert (call.caller_address, call.address, call.text) == ("家住和平区", "沈河区北站", "楼下吵")
    assert (call.source, call.confidential, call.unknown_fields) == ("12345", True, ())
    assert call.received_at == datetime(2026, 11, 21, 10, 5, tzinfo=UTC)


def test_the_contracts_name_goes_before_the_alias_and_the_alias_is_told() -> None:
    call = read(record(jjdbh="other"))
    assert (call.call_id, call.unknown_fields) == ("c-1", ("jjdbh",))


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-21T18:05:00+08:00", "2026-11-21T10:05:00Z", "2026-11-21t10:05:00z", "2026-11-21 18:05:00+08:00",
        "2026-11-21T10:05:00.000Z", "2026-11-21 18:05:00", "2026-11-21 18:05:00.0", "2026-11-21T10:05:00-00:00",
    ],
)  # fmt: skip
def test_times_that_are_taken(written: str) -> None:
    assert read(record(received_at=written)).received_at == datetime(2026, 11, 21, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-21T18:05:00", "2026-11-21", "18:05", "", "now", "2026-13-21T18:05:00Z", "2026-11-31 18:05:00",
        "2026-11-21T25:05:00Z", "２０２６-11-21 18:05:00", "2026-11-21T18:05:00+0800", "2026-11-21T18:05+08:00",
        "0000-01-01T00:00:00Z", "2026-11-21T18:05:00+99:99", 1795255500, 1795255500.5, True, ["x"], {},
    ],
)  # fmt: skip
def test_times_that_are_refused(written: object) -> None:
    error = refused(record(received_at=written))
    assert error.code == "D304"
    assert "received_at" in error.message


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "　　", "\u200b", "\ufeff \u00a0"])
def test_text_that_nobody_can_see_is_empty(text: str) -> None:
    assert refused(record(text=text)).code == "D305"


def test_a_megabyte_of_text() -> None:
    assert refused(record(text="啊" * 349_000)).code == "D306"
    assert refused(record(text="啊" * 350_000)).code == "D302"
    limit = POLICY.intake.text_max_characters
    assert len(read(record(text="啊" * limit)).text) == limit
    assert refused(record(text="啊" * (limit + 1))).code == "D306"


@pytest.mark.parametrize("mark", ["\x00", "\x07", "\x1b", "\x1f", "\x7f", "\x85", "\x9b", "\uffff"])
@pytest.mark.parametrize("name", ["text", "call_id", "caller", "contact", "address", "console", "operator", "source"])
def test_control_characters_are_refused_wherever_they_are(name: str, mark: str) -> None:
    error = refused(record(**{name: f"a{mark}1"}))
    assert error.code == "D307"
    assert error.message.startswith(name)


def test_lines_are_a_part_of_a_text_but_not_of_an_id() -> None:
    assert read(record(text="一\r\n二\t三")).text == "一\r\n二\t三"
    assert refused(record(call_id="a\nb")).code == "D307"


@pytest.mark.parametrize(
    "value",
    [
        b"{", b"\xff\xfe", b"nonsense", b'{"call_id": "a", "text": "\\ud800"}', b"[" * 100_000,
        record().decode().encode("gb18030"), record()[:-1], record() + b"}",
    ],
)  # fmt: skip
def test_not_json(value: bytes) -> None:
    assert refused(value).code == "D303"


@pytest.mark.parametrize("value", [b"[]", b"1", b'"text"', b"null", b"true"])
def test_json_that_is_no_object(value: bytes) -> None:
    error = refused(value)
    assert error.code == "D303"
    assert "object" in error.message


@pytest.mark.parametrize("value", [None, b""])
def test_a_record_without_a_value(value: bytes | None) -> None:
    assert refused(value).code == "D301"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("call_id", 5), ("call_id", ""), ("call_id", "x" * 129), ("call_id", ["a"]), ("text", 5), ("text", ["a"]),
        ("text", {"a": 1}), ("caller", 13800000001), ("address", {}), ("confidential", "perhaps"), ("confidential", 2),
        ("source", "x" * 33), ("caller", "1" * 65), ("address", "x" * 501), ("console", []),
    ],
)  # fmt: skip
def test_a_wrong_type_or_length_is_named_without_its_value(name: str, value: object) -> None:
    error = refused(record(**{name: value}))
    assert error.code == "D304"
    assert name in error.message
    assert "13800000001" not in error.message


def test_how_many_fields_are_wrong_is_told() -> None:
    assert "(and 1 more)" in refused(record(text=5, caller=7)).message


def test_future_and_ancient_are_judged_by_the_records_time() -> None:
    limit = timedelta(minutes=POLICY.intake.max_future_minutes)
    assert read(record(received_at=(APPENDED + limit).isoformat()))
    late = refused(record(received_at=(APPENDED + limit + timedelta(seconds=1)).isoformat()))
    assert (late.code, "10 minutes" in late.message) == ("D308", True)
    age = timedelta(days=POLICY.intake.max_age_days)
    assert read(record(received_at=(APPENDED - age).isoformat()))
    old = refused(record(received_at=(APPENDED - age - timedelta(seconds=1)).isoformat()))
    assert (old.code, "400 days" in old.message) == ("D309", True)
    assert refused(record(received_at="9999-12-31T23:59:59-12:00")).code == "D308"
    assert refused(record(received_at="0001-01-01T00:00:00+08:00")).code == "D309"


def test_unknown_fields_are_taken_but_told() -> None:
    call = read(record(zz=1, weather={"wind": [1, 2]}))
    assert call.unknown_fields == ("weather", "zz")


def test_a_record_full_of_unknown_fields_stays_small() -> None:
    call = read(record(**{f"f{n:05}\x1b{'x' * 200}": 1 for n in range(3000)}))
    assert len(call.unknown_fields) == 21
    assert call.unknown_fields[-1] == "… 2980 more"
    assert max(map(len, call.unknown_fields)) <= 64
    assert "\x1b" not in "".join(call.unknown_fields)


@pytest.mark.parametrize("name", ["source", "jqlyfs", "confidential", "sfbm", "caller", "bjdh", "address", "console"])
@pytest.mark.parametrize("empty", ["null", '""'])
def test_a_field_that_a_cad_export_leaves_empty_counts_as_absent(name: str, empty: str) -> None:
    value = record().decode()[:-1] + f', "{name}": {empty}}}'
    call = read(value.encode())
    assert (call.source, call.confidential) == ("110", False)
    assert {call.caller, call.address, call.console} <= {None, ""}


@pytest.mark.parametrize("written", ["隐藏号码", "00000000", "0", "未知", "-", "anonymous"])
def test_a_withheld_number_is_no_caller(written: str) -> None:
    assert read(record(caller=written)).caller is None
    assert salvage(record(caller=written, text=5), policy=POLICY.intake).caller is None


# -- salvage -------------------------------------------------------------------------------------------


def assert_presentable(value: bytes | None) -> None:
    found = salvage(value, policy=POLICY.intake)
    limits = {"text": POLICY.intake.salvage_characters, "claimed_call_id": 128, "caller": 64, "address": 200}
    for name, limit in limits.items():
        text = getattr(found, name)
        if text is None:
            continue
        assert 0 < len(text) <= limit
        assert not any((ord(c) < 32 and c not in "\t\n\r") or 0x7F <= ord(c) < 0xA0 for c in text)
        text.encode("utf-8")
    assert found.text
    if found.claimed_call_id:
        assert len(found.claimed_call_id.splitlines()) == 1


@given(st.none() | st.binary(max_size=300))
def test_salvage_takes_any_bytes(value: bytes | None) -> None:
    assert_presentable(value)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["call_id", "jjdbh", "text", "bjnr", "caller", "bjdh", "address", "jqdz"])


@given(st.dictionaries(NAMES, ANY_JSON))
def test_salvage_takes_any_json(fields: dict[str, object]) -> None:
    assert_presentable(json.dumps(fields).encode())


@given(st.binary(max_size=200))
def test_reading_any_bytes_gives_a_call_or_a_reason(value: bytes) -> None:
    assert code_of(value) in {"read", "D301", "D303", "D304"}


@given(st.dictionaries(NAMES | st.just("received_at"), ANY_JSON))
def test_reading_any_object_gives_a_call_or_a_reason(fields: dict[str, object]) -> None:
    assert code_of(json.dumps(fields).encode()) in {"read", "D303", "D304", "D305", "D307", "D308", "D309"}


def test_salvage_shows_what_can_be_read() -> None:
    found = salvage(record(received_at="yesterday", caller="13800000001", address="沈河区"), policy=POLICY.intake)
    assert (found.text, found.claimed_call_id) == ("楼下烧烤摊太吵", "c-1")
    assert (found.caller, found.address) == ("13800000001", "沈河区")
    assert salvage(b'{"call_id": "x", "text": "\xe6\x95\x91\xe5\x91\xbd', policy=POLICY.intake).text.endswith("救命")
    assert salvage(b"", policy=POLICY.intake).text == "（空记录）"
    assert salvage(b'{"jjdbh": 123, "bjnr": 5.5}', policy=POLICY.intake).text == "5.5"


def test_salvage_reads_an_old_consoles_encoding() -> None:
    found = salvage(record(text="着火了快来").decode().encode("gb18030"), policy=POLICY.intake)
    assert (found.text, found.claimed_call_id) == ("着火了快来", "c-1")


def test_salvage_of_ten_megabytes_is_cut() -> None:
    for value in (record(text="救命" * 1_700_000), b"a" + "救".encode() * 3_400_000):
        found = salvage(value, policy=POLICY.intake)
        assert len(found.text) == POLICY.intake.salvage_characters
        assert found.text[-1] in "救命"  # not misread because the cut halves a character


def test_a_kafka_timestamp_is_utc() -> None:
    assert utc(1_795_255_500_250) == datetime(2026, 11, 21, 10, 5, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize("shift", range(4))
def test_a_cut_through_a_character_does_not_change_how_the_rest_is_read(shift: int) -> None:
    shown = POLICY.intake.record_max_bytes + 4 * POLICY.intake.salvage_characters
    value = "救a".encode() + b"a" * (shown - 4 - shift) + "救命".encode()
    assert salvage(value, policy=POLICY.intake).text.startswith("救aaa")
