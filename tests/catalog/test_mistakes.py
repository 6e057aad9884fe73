"""Each mistake in a city's files is told with its file, where in it, and what to do. One thing is broken at a time."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dispatcher.catalog import load_catalog
from dispatcher.domain.errors import CatalogError

ROOT = Path(__file__).resolve().parents[2]
POLICY_FILES = ("intake", "repeat", "triage", "hours", "deadlines", "routing", "casework", "desks", "matters", "grid")


@dataclass(frozen=True)
class Breakage:
    """In `file`, the first `old` becomes `new`; the report must name the file, `path` and `advice`."""

    file: str
    old: str
    new: str
    path: str
    advice: str


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the shipped files: topics.yaml, agencies.yaml, and the policies in policy/."""
    for name in ("topics.yaml", "agencies.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "policy").mkdir()
    for name in POLICY_FILES:
        shutil.copy(ROOT / "dispatcher" / "policy" / f"{name}.yaml", tmp_path / "policy")
    return tmp_path


def where(home: Path, file: str) -> Path:
    return home / file if file in ("topics.yaml", "agencies.yaml") else home / "policy" / file


def change(home: Path, file: str, old: str, new: str) -> None:
    path = where(home, file)
    text = path.read_text("utf-8")
    assert old in text, f"{file} no longer holds {old!r}"
    path.write_text(text.replace(old, new, 1), "utf-8")


def told(home: Path) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        load_catalog(home, policy_dir=home / "policy")
    return caught.value.message.splitlines()


BREAKAGES = [
    # -- agencies.yaml
    Breakage("agencies.yaml", "    hours: L1\n", "    hours: L4\n", "units.0.hours", "use one of the words named"),
    Breakage("agencies.yaml", "    kind: police\n", "", "units.0.kind", "add this key"),
    Breakage("agencies.yaml", "    kind: police\n", "    kind: police\n    colour: blue\n", "units.0.colour", "remove it"),
    Breakage("agencies.yaml", "  - code: transport\n", "  - code: ecology\n", "units: code ecology", "one unit's alone"),
    Breakage("agencies.yaml", "aliases: [交通局]", "aliases: [城管]", "alias 城管 is used twice", "one unit's alone"),
    Breakage("agencies.yaml", "[district, public-security]", "[district, nobody]", "units.women-federation.fallback", "name one"),
    Breakage("agencies.yaml", "fallback: [market-supervision]", "fallback: [tobacco]", "units.tobacco.fallback", "name another"),
    Breakage("agencies.yaml", "fallback: [market-supervision]", "fallback: [postal]", "units.tobacco.fallback", "L1 or L2"),
    Breakage("agencies.yaml", "    fallback: [market-supervision]\n", "", "units.tobacco.fallback", "L1 or L2"),
    Breakage("agencies.yaml", "2020-01-01", "2020-13-01", "units.0.valid_from", "correct the value"),
    Breakage(
        "agencies.yaml", "    valid_from: 2020-01-01\n", "    valid_from: 2020-01-01\n    valid_to: 2019-12-31\n",
        "units.public-security.valid_to", "correct one",
    ),
    Breakage("agencies.yaml", "channel: topic", "channel: fax", "units.0.channel", "use one of the words named"),
    Breakage("agencies.yaml", "districts: [heping]", "districts: [hepin]", "units.district-heping.districts", "correct it"),
    Breakage("agencies.yaml", "  - code: heating\n", "  - code: Heating!\n", "units.", "correct the value"),
    Breakage("agencies.yaml", "  - code: heating\n", "  - code: district\n", "units.district.code", "choose another"),
    Breakage("agencies.yaml", "  - code: heating\n", "  - code: warmth\n", "unit heating is not in agencies.yaml", "add it"),
    Breakage("agencies.yaml", "code: district-faku", "code: district-none", "no unit district-faku", "every district needs one"),
    Breakage("agencies.yaml", "units:\n", "units:\n  - [\n", "not YAML", "Correct the line named"),
    # -- topics.yaml
    Breakage("topics.yaml", "  - name: calls\n", "  - name: cals\n", "no topic calls", "add it"),
    Breakage("topics.yaml", "  - name: agency.{code}\n", "  - name: agency\n", "no topic agency.{code}", "add it"),
    Breakage("topics.yaml", "  - name: caller-state\n", "  - name: calls\n", "topics.calls", "remove one"),
    Breakage("topics.yaml", "    partitions: 4\n", "    partitions: 8\n", "topics.caller-state.partitions", "make them equal"),
    Breakage("topics.yaml", "    partitions: 4\n", "    partitions: 0\n", "topics.0.partitions", "correct the value"),
    Breakage("topics.yaml", "    retention_days: 400\n", "    retention_days: 400\n    forever: true\n", "topics.0.retention_days", "exactly one"),
    Breakage("topics.yaml", "    append_time: true\n", "", "topics.calls.append_time", "set it to true"),
    Breakage("topics.yaml", "    compacted: true\n", "    forever: true\n", "topics.caller-state.compacted", "set it to true"),
    Breakage("topics.yaml", "[call.received.v1,", "[call.received.v9,", "topics.0.schemas", "perhaps call.received.v1"),
    Breakage("topics.yaml", "owner: call-center", "owner: nobody", "topics.calls", "among the parties"),
    Breakage("topics.yaml", "      text: 楼道灯坏半个月没人换\n", "", "topics.calls.example", "correct it"),
    Breakage("topics.yaml", "        urgency: routine\n", "        urgency: soon\n", "topics.case-inbox.example", "correct it"),
    Breakage("topics.yaml", "      role: lead\n", "      role: boss\n", "topics.work-orders.example", "correct it"),
    Breakage("topics.yaml", "    key: case_id\n", "    key: case_id\n    key: case_id\n", "stands twice", "Correct the line named"),
    Breakage("topics.yaml", "version:", "? [a, b]\n: 1\nversion:", "a key must be one word", "Correct the line named"),
    # -- the policies
    Breakage("intake.yaml", "record_max_bytes: 1048576", "record_max_bytes: -1", "record_max_bytes", "correct the value"),
    Breakage("intake.yaml", "fuse_max_share: 0.20", "fuse_max_share: 20", "fuse_max_share", "correct the value"),
    Breakage("repeat.yaml", "repeat_minutes: 60", "repeat_minutes: 5", "repeat_minutes", "correct one"),
    Breakage("repeat.yaml", "disputes: [", "disputes: [quarrels, ", "disputes", "correct it"),
    Breakage("repeat.yaml", "gas: [gas_supply", "gas: [gas", "families.gas", "correct it"),
    Breakage("repeat.yaml", "fire: [work_safety]", "fires: [work_safety]", "grows_from.fires", "correct it"),
    Breakage("repeat.yaml", "silent: silent_call", "silent: silence", "repeat.yaml: silent", "correct it"),
    Breakage("repeat.yaml", "never_repeat: [withdrawn", "never_repeat: [gone", "never_repeat", "correct it"),
    Breakage("hours.yaml", '"12:00"', "12:00", "morning_end", "in quotes"),
    Breakage("hours.yaml", '"17:00"', '"07:00"', "morning_start", "put them in order"),
    Breakage("deadlines.yaml", "  urgent: {elapsed_minutes: 30}\n", "", "acknowledge.urgent", "add one"),
    Breakage("deadlines.yaml", "{elapsed_minutes: 30}", "{minutes: 30}", "acknowledge.urgent.minutes", "remove it"),
    Breakage("deadlines.yaml", "{working_days: 5}", "{working_days: 5, working_hours: 1}", "finish_queries.elapsed_minutes", "exactly one"),
    Breakage("deadlines.yaml", "queries: [", "queries: [questions, ", "queries", "correct it"),
    Breakage("desks.yaml", "silent_below: 0.2", "silent_below: 0.9", "silent_below", "lower it"),
    Breakage("desks.yaml", "beside: {missing_vulnerable", "beside: {missing_people", "desks.yaml: beside", "correct it"),
    Breakage("desks.yaml", "found: [found_item]", "found: [found]", "desks.yaml: found", "correct it"),
    Breakage("desks.yaml", "  lost_item_taxi:\n", "  lost_item_cab:\n", "desks.yaml: questions", "correct it"),
    Breakage("desks.yaml", "needs: [[name]]", "needs: [[names]]", "databases.population", "use one of"),
    Breakage("desks.yaml", "channel: population", "channel: people", "databases.population.channel", "add it there"),
    Breakage("desks.yaml", "code: population", "code: wristband", "databases: wristband", "remove one"),
    Breakage("desks.yaml", "  heping: [41.79", "  hepin: [41.79", "centres.hepin", "correct it"),
    Breakage("desks.yaml", "walk: 3, ", "", "speeds_kmh.walk", "add one"),
    Breakage("routing.yaml", "police_unit: public-security", "police_unit: police", "police_unit", "name one that is"),
    Breakage("routing.yaml", "no_place_unit: hotline-12345", "", "no_place_unit", "add this key"),
    Breakage("triage.yaml", "look: 1", "look: free", "look", "correct the value"),
    Breakage("triage.yaml", "cutoffs: null", "cutoffs: {danger: 2}", "cutoffs.danger", "correct the value"),
]  # fmt: skip


@pytest.mark.parametrize("broken", BREAKAGES, ids=lambda broken: f"{broken.file}: {broken.path}")
def test_a_mistake_is_told(broken: Breakage, home: Path) -> None:
    change(home, broken.file, broken.old, broken.new)
    lines = told(home)
    text = "\n".join(lines)
    assert broken.path in text
    assert broken.advice in text
    assert broken.path in next(line for line in lines if broken.advice in line)
    for line in lines:
        assert re.match(r"[a-z]+\.yaml: ", line)
        assert "; " in line
        assert len(line) < 600


def test_the_unbroken_copy_is_taken(home: Path) -> None:
    assert len(load_catalog(home, policy_dir=home / "policy").city.units) == 58


def test_all_mistakes_of_all_files_are_told_at_once(home: Path) -> None:
    change(home, "agencies.yaml", "fallback: [market-supervision]", "fallback: [nobody]")
    change(home, "agencies.yaml", "[district, public-security]", "[nobody-else]")
    change(home, "hours.yaml", '"17:00"', '"07:00"')
    change(home, "intake.yaml", "record_max_bytes: 1048576", "record_max_bytes: x")
    change(home, "intake.yaml", "max_age_days: 400", "max_age_days: y")
    text = "\n".join(told(home))
    for part in (
        "agencies.yaml: units.tobacco.fallback", "agencies.yaml: units.women-federation.fallback",
        "hours.yaml: morning_start", "intake.yaml: record_max_bytes", "intake.yaml: max_age_days",
    ):  # fmt: skip
        assert part in text


def remove(path: Path) -> None:
    path.unlink()


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def empty(path: Path) -> None:
    path.write_text("")


def list_only(path: Path) -> None:
    path.write_text("- a\n- b\n")


def not_utf8(path: Path) -> None:
    path.write_bytes("名: 值\n".encode("gb18030"))


def number_keys(path: Path) -> None:
    path.write_text(path.read_text("utf-8") + "\n7: seven\n", "utf-8")


@pytest.mark.parametrize("spoil", [remove, make_folder, empty, list_only, not_utf8, number_keys])
@pytest.mark.parametrize("file", ["topics.yaml", "agencies.yaml", "hours.yaml", "routing.yaml"])
def test_a_file_that_is_none_is_told_with_what_to_do(file: str, spoil: Callable[[Path], None], home: Path) -> None:
    spoil(where(home, file))
    (first, *_) = told(home)
    assert first.startswith(f"{file}: ")
    assert re.search(r"; \w+", first)
