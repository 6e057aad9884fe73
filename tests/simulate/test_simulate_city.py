"""A small synthetic city: the same seed gives the same bytes, nothing is broken, everything comes to an end."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import orjson
import pytest
from click.testing import CliRunner

from dispatcher.catalog import Catalog, load_catalog
from dispatcher.cli import program
from dispatcher.domain.codes import CaseStatus, Outcome
from dispatcher.simulate import report
from dispatcher.simulate.city import Callers, Plan, Setting, plan
from dispatcher.simulate.district import District
from dispatcher.simulate.figures import figures, violations
from dispatcher.simulate.manners import Manners
from dispatcher.simulate.run import Run, run

ROOT = Path(__file__).resolve().parents[2]
DAYS, CALLS = 2, 300


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT)


@pytest.fixture(scope="module")
def city_run(catalog: Catalog) -> Run:
    return play(catalog, Setting(DAYS, CALLS, seed=1))


def play(catalog: Catalog, setting: Setting, processes: int = 1) -> Run:
    return run(plan(setting, catalog.city), catalog.city, catalog.policy, processes=processes)


def written(done: Run, catalog: Catalog, folder: Path) -> dict[str, bytes]:
    files = report.write(figures(done, catalog.city, catalog.policy), catalog.city, folder)
    return {file.name: file.read_bytes() for file in files}


def test_the_same_seed_gives_the_same_bytes_however_many_processes(
    catalog: Catalog, city_run: Run, tmp_path: Path
) -> None:
    again = play(catalog, Setting(DAYS, CALLS, seed=1), processes=2)
    assert written(again, catalog, tmp_path / "again") == written(city_run, catalog, tmp_path / "first")


def test_another_seed_gives_other_bytes(catalog: Catalog, city_run: Run, tmp_path: Path) -> None:
    other = written(play(catalog, Setting(DAYS, CALLS, seed=2)), catalog, tmp_path / "other")
    first = written(city_run, catalog, tmp_path / "first")
    assert not {name for name in first if first[name] == other[name]}


def test_every_call_is_counted_and_nothing_is_broken(catalog: Catalog, city_run: Run) -> None:
    found = figures(city_run, catalog.city, catalog.policy)
    assert found["calls"] == sum(found["by_outcome"].values()) == DAYS * CALLS
    assert found["violations"]
    assert violations(found) == 0
    linked = city_run.tally.statuses[CaseStatus.LINKED]
    assert linked == found["repeats"] + found["continuations"] > 0
    assert found["cases"]["opened"] + linked == DAYS * CALLS
    assert sum(found["cases"]["when_all_had_settled"].values()) == DAYS * CALLS
    assert found["refusals"] == {}


def test_everything_that_a_city_knows_happens(city_run: Run) -> None:
    kinds = city_run.tally.events
    wanted = (
        "order.acknowledged", "order.progressed", "order.finished", "order.returned", "case.rerouted", "case.placed",
        "conference.called", "case.arbitrated", "review.claimed", "review.decided", "label.recorded", "revisit.made",
        "case.closed", "case.merged", "merge.suggested", "case.reopened", "case.handed_over", "card.issued", "reminder.sent", "call.linked", "deadline.moved",
        "lookup.opened", "lookup.requested", "lookup.recorded", "lookup.silent", "lookup.candidate", "candidate.rejected", "lookup.facts",
        "lookup.confirmed", "lookup.handed_over", "lookup.ended", "lookup.escalated", "lookup.widened",
    )  # fmt: skip
    assert not [kind for kind in wanted if not kinds[f"{kind}.v1"]]


def test_where_all_units_answer_every_case_ends(catalog: Catalog) -> None:
    whole = plan(Setting(DAYS, CALLS, seed=3, manners=Manners(returns=0.2, late=0.3).but_all_answer()), catalog.city)
    for number in range(len(whole.shares)):
        district = District(whole, number, catalog.city, catalog.policy)
        tally = district.run()
        assert district.open_cases() == []
        assert district.open_lookups() == []
        assert sum(tally.violations.values()) == 0


def test_where_no_unit_answers_cases_stay_open_and_get_every_card(catalog: Catalog) -> None:
    whole = plan(Setting(1, 130, seed=3, manners=Manners(ignores=1.0)), catalog.city)
    idle = {code: type(manner)(1.0, 0.0, 0.0, 0.0, ignores=2.0) for code, manner in whole.units.items()}
    district = District(Plan(whole.setting, whole.shares, idle), 0, catalog.city, catalog.policy)
    tally = district.run()
    assert tally.cards["acknowledge.blue"] > tally.cards["acknowledge.yellow"] >= tally.cards["acknowledge.red"] > 0
    assert sum(tally.violations.values()) == 0


def test_shares_and_hours_are_those_of_a_line(catalog: Catalog) -> None:
    setting = Setting(14, 1000, seed=1)
    whole = plan(setting, catalog.city)
    calls = [
        call
        for number, share in enumerate(whole.shares)
        for call in Callers(share, number, setting, catalog.city, catalog.policy, Random(share.seed)).calls()
    ]
    assert len(calls) == len({call.call_id for call in calls}) == 14_000
    outcomes = {outcome: sum(call.outcome is outcome for call in calls) / len(calls) for outcome in Outcome}
    assert outcomes[Outcome.REVIEW] == pytest.approx(0.11, abs=0.02)
    assert outcomes[Outcome.POLICE] == pytest.approx(0.24 * 0.89, abs=0.03)
    assert outcomes[Outcome.NON_POLICE] == pytest.approx(0.53 * 0.89, abs=0.03)
    assert outcomes[Outcome.INVALID] == pytest.approx(0.15 * 0.89, abs=0.03)
    evening, dawn = (sum(call.at.hour in hours for call in calls) for hours in ((18, 19, 20, 21), (2, 3, 4, 5)))
    assert evening > 3 * dawn
    weekend = sum(call.at.weekday() >= 5 for call in calls)
    assert weekend / 4 > (len(calls) - weekend) / 10
    assert {district for call in calls for district in call.districts} == set(catalog.city.districts)


def test_cases_that_ended_are_forgotten(catalog: Catalog) -> None:
    whole = plan(Setting(6, 400, seed=1), catalog.city)
    district = District(whole, 0, catalog.city, catalog.policy)
    tally = district.run()
    assert tally.calls == sum(whole.shares[0].calls)
    assert district.held_cases() < tally.calls / 10


def test_a_run_that_is_stopped_says_so_and_reports_what_there_is(catalog: Catalog, tmp_path: Path) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 500

    done = run(plan(Setting(DAYS, CALLS, seed=1), catalog.city), catalog.city, catalog.policy, stop=stop)
    assert not done.complete
    assert 0 < done.tally.calls < DAYS * CALLS
    assert "Interrupted" in written(done, catalog, tmp_path)["report.html"].decode()


def test_the_page_needs_nothing_from_elsewhere(catalog: Catalog, city_run: Run, tmp_path: Path) -> None:
    page = written(city_run, catalog, tmp_path)["report.html"].decode()
    assert page.count("<svg") == 9
    assert not re.search(r"<script|@import|\bsrc=|url\(|<link|on(?:load|click)=", page)
    addresses = set(re.findall(r"https?://[^\"' >]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, not addresses
    assert all(unit.name in page for unit in catalog.city.units.values())


def test_the_command_prints_figures_and_writes_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = [
        "simulate",
        "--days",
        "1",
        "--calls-per-day",
        "60",
        "--seed",
        "4",
        "--processes",
        "1",
        "--out",
        str(out),
    ]
    told = CliRunner().invoke(program, [*arguments, "--json"])
    assert told.exit_code == 0, told.output
    assert orjson.loads(told.stdout) == orjson.loads((out / "report.json").read_bytes())
    assert len((out / "units.csv").read_text("utf-8-sig").splitlines()) == 59
    shown = CliRunner().invoke(program, arguments)
    assert shown.exit_code == 0
    assert re.search(r"^calls +60: ", shown.stdout, re.MULTILINE)
    assert re.search(r"^violations +none", shown.stdout, re.MULTILINE)
