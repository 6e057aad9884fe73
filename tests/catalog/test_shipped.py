"""The files that ship: 58 units, every matter routed, every topic owned, every example true."""

import json
import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from classifiers import load_taxonomy
from dispatcher.catalog import load_catalog
from dispatcher.catalog.topics import NEEDED, PER_AGENCY, SCHEMAS, Topic
from dispatcher.domain.calls import CITY_TIME, CallReceived, read_call
from dispatcher.domain.units import DISTRICT, Hours
from dispatcher.stream import topics as names_in_code

ROOT = Path(__file__).resolve().parents[2]
CATALOG = load_catalog(ROOT)
UNITS = CATALOG.agencies.units
TOPICS = {topic.name: topic for topic in CATALOG.topics.topics}


def test_there_are_58_units_marked_as_sample_data() -> None:
    assert len(UNITS) == len(CATALOG.city.units) == 58
    assert "sample" in CATALOG.agencies.note
    assert all(unit.evidence for unit in UNITS)


def test_six_units_have_a_desk_in_the_hall() -> None:
    assert {unit.code for unit in UNITS if unit.desk == "resident"} == {
        "public-security", "urban-management", "transport", "ecology", "market-supervision", "unicom-114",
    }  # fmt: skip


def test_every_matter_has_a_lead_that_exists() -> None:
    assert len(CATALOG.city.matters) == len(load_taxonomy().categories) == 81
    for matter in CATALOG.city.matters.values():
        assert (matter.lead is None) is (matter.outcome == "invalid"), matter.code
        assert {code for code in (matter.lead, *matter.also, *matter.assist) if code} <= {*CATALOG.city.units, DISTRICT}


def test_every_district_has_its_unit_and_every_district_unit_its_district() -> None:
    units = {unit.code: unit.districts for unit in UNITS if unit.kind == "district"}
    assert units == {f"district-{code}": (code,) for code in CATALOG.city.districts}


def test_every_l3_unit_has_somebody_who_answers_at_night() -> None:
    for unit in UNITS:
        if unit.hours is Hours.L3:
            assert any(code == DISTRICT or CATALOG.city.units[code].hours is not Hours.L3 for code in unit.fallback), (
                unit.code
            )


def test_the_service_finds_its_topics_and_no_topic_is_without_a_purpose() -> None:
    assert set(NEEDED) == set(TOPICS)
    expected = {name for name in TOPICS if name != PER_AGENCY} | {f"agency.{code}" for code in CATALOG.city.units}
    assert set(CATALOG.all_topics) == expected
    for topic in TOPICS.values():
        assert topic.purpose
        assert topic.producers
        assert topic.consumers
    parties = {party for t in TOPICS.values() for party in (*t.producers, *t.consumers, t.owner)}
    assert parties == set(CATALOG.topics.parties)


def test_the_names_in_the_code_are_those_of_the_file() -> None:
    names = {value for name, value in vars(names_in_code).items() if name.isupper()}
    assert names | {PER_AGENCY} == set(TOPICS)
    assert set(CATALOG.all_topics) >= {names_in_code.agency(code) for code in CATALOG.city.units}


@pytest.mark.parametrize("topic", TOPICS.values(), ids=list(TOPICS))
def test_an_example_is_what_its_schema_says(topic: Topic) -> None:
    fitting = []
    for name in topic.schemas:
        if name in SCHEMAS:
            try:
                fitting.append(SCHEMAS[name].model_validate(topic.example))
            except ValueError:
                continue
    assert fitting or not any(name in SCHEMAS for name in topic.schemas)
    assert not [x for x in fitting if isinstance(x, CallReceived) and x.unknown_fields]


def test_the_example_of_a_call_would_be_taken() -> None:
    value = json.dumps(TOPICS["calls"].example).encode()
    call = read_call(value, appended_at=datetime(2026, 11, 21, 18, 5, tzinfo=CITY_TIME), policy=CATALOG.policy.intake)
    assert call.text == "楼道灯坏半个月没人换"


def test_settings_of_a_topic_on_a_cluster() -> None:
    calls = TOPICS["calls"].config(replication=3)
    assert calls["message.timestamp.type"] == "LogAppendTime"
    assert calls["min.insync.replicas"] == "2"
    assert calls["retention.ms"] == str(400 * 86_400_000)
    assert int(calls["max.message.bytes"]) > 10 * 1024 * 1024
    assert TOPICS["case-events"].config(replication=1)["retention.ms"] == "-1"
    state = TOPICS["case-state"].config(replication=1)
    assert state["cleanup.policy"] == "compact"
    assert "min.insync.replicas" not in state


def test_what_must_be_co_partitioned_is() -> None:
    assert TOPICS["calls"].partitions == TOPICS["caller-state"].partitions
    assert TOPICS["case-inbox"].partitions == TOPICS["case-state"].partitions


def test_the_policies_digest_changes_with_what_decides_and_with_nothing_else(tmp_path: Path) -> None:
    for name in ("topics.yaml", "agencies.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    assert load_catalog(tmp_path).policy.sha256 == CATALOG.policy.sha256
    topics = tmp_path / "topics.yaml"
    topics.write_text(topics.read_text("utf-8") + "\n# a remark\n", "utf-8")
    agencies = tmp_path / "agencies.yaml"
    agencies.write_bytes(agencies.read_bytes().replace(b"\n", b"\r\n"))
    assert load_catalog(tmp_path).policy.sha256 == CATALOG.policy.sha256
    agencies.write_text((ROOT / "agencies.yaml").read_text("utf-8").replace("hours: L2", "hours: L1", 1), "utf-8")
    assert load_catalog(tmp_path).policy.sha256 != CATALOG.policy.sha256


def test_no_real_telephone_is_in_the_files() -> None:
    for name in ("topics.yaml", "agencies.yaml"):
        numbers = re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", (ROOT / name).read_text("utf-8"))
        assert set(numbers) <= {"13800000001"}
