"""Periods, and the forms of a report: the page, the spreadsheets, the command."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from report_ledger import Told, at
from sqlalchemy.engine import URL

from dispatcher.catalog import Catalog
from dispatcher.cli.report import report
from dispatcher.domain.errors import SettingsError
from dispatcher.ledger.database import url_of
from dispatcher.ledger.errors import LedgerMissing
from dispatcher.reports import writing
from dispatcher.reports.definitions import DEFINITIONS
from dispatcher.reports.making import Report
from dispatcher.reports.periods import Period, Span, last_whole


@pytest.mark.parametrize(
    ("span", "today", "first", "last"),
    [
        (Span.WEEK, (2026, 4, 5), (2026, 3, 23), (2026, 3, 29)),  # a Sunday: its own week is not over
        (Span.WEEK, (2026, 4, 6), (2026, 3, 30), (2026, 4, 5)),
        (Span.HALF_MONTH, (2026, 3, 15), (2026, 2, 16), (2026, 2, 28)),
        (Span.HALF_MONTH, (2026, 3, 16), (2026, 3, 1), (2026, 3, 15)),
        (Span.HALF_MONTH, (2026, 1, 1), (2025, 12, 16), (2025, 12, 31)),
        (Span.MONTH, (2026, 3, 31), (2026, 2, 1), (2026, 2, 28)),
        (Span.MONTH, (2026, 1, 1), (2025, 12, 1), (2025, 12, 31)),
    ],
)
def test_the_last_whole_period(span: Span, today: Any, first: Any, last: Any) -> None:
    assert last_whole(span, date(*today)) == Period(date(*first), date(*last))


def test_a_period_begins_and_ends_at_the_citys_midnight() -> None:
    period = Period(date(2026, 4, 6), date(2026, 4, 6))
    assert period.begins == datetime(2026, 4, 5, 16, tzinfo=UTC)
    assert period.ends == datetime(2026, 4, 6, 16, tzinfo=UTC)
    with pytest.raises(ValueError, match="lies before"):
        Period(date(2026, 4, 6), date(2026, 4, 5))


@pytest.mark.parametrize("kind", list(Report))
def test_an_empty_ledger_and_an_empty_period(making: Any, empty: URL, catalog: Catalog, kind: Report) -> None:
    nothing = making(empty, kind)
    assert nothing.as_of is None
    assert nothing.notes[0] == "The ledger is empty."
    assert writing.page(nothing, catalog.city)
    told = Told()
    told.opened(at(1, month=9), "after-it")
    told.store(empty)
    made = making(empty, kind)
    assert made.as_of == at(1, month=9)
    assert "The ledger is empty." not in made.notes
    assert "Definitions" in writing.page(made, catalog.city)
    for table in made.tables:
        totals = table.total or {}
        heads = {head.code: head.kind for head in table.heads()}
        assert not [value for code, value in totals.items() if heads[code] in ("count", "share") and value]


def test_a_period_that_is_not_over_is_said_to_be(making: Any, empty: URL) -> None:
    told = Told()
    told.opened(at(6), "c")
    told.store(empty)
    made = making(empty, Report.UNITS, Period(date(2026, 4, 6), date(2026, 4, 12)))
    assert made.notes == ("The ledger goes no further than 2026-04-06 12:00: the period is not whole.",)


@pytest.mark.parametrize("kind", list(Report))
def test_the_page_needs_nothing_from_elsewhere(making: Any, ledger: URL, catalog: Catalog, kind: Report) -> None:
    made = making(ledger, kind)
    page = writing.page(made, catalog.city)
    assert "<svg" in page
    assert not re.search(r"<script|@import|\bsrc=|url\(|<link|on(?:load|click)=", page)
    addresses = set(re.findall(r"https?://[^\"' >]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, not addresses
    assert "@media print" in page
    for table in made.tables:
        assert all(f"<code>{head.code}</code>" in page for head in table.heads() if head.meaning)


def test_every_meaning_names_its_source() -> None:
    assert {one.source for one in DEFINITIONS.values() if one.meaning} <= {"S0", "S1", "S2", "S3", "S4", "city", "ours"}
    assert all(one.meaning or one.kind == "text" or one.code.startswith("h") for one in DEFINITIONS.values())


def test_no_text_of_a_call_is_in_any_form(making: Any, empty: URL, catalog: Catalog) -> None:
    told = Told()
    told.opened(
        at(6),
        "c",
        confidential=True,
        text="绝密内容",
        place={"street": "绝密街道", "address": "绝密大院"},
        reason="绝密",
    )
    told.opened(at(6), "d", text="闲话一句", reason="闲话", place={"address": "闲话巷1号"})
    told.store(empty)
    for kind in Report:
        made = making(empty, kind, Period(date(2026, 4, 6), date(2026, 4, 12)))
        said = writing.page(made, catalog.city) + orjson.dumps(writing.data(made)).decode()
        said += "".join(writing.as_csv(table) for table in made.tables)
        assert "绝密" not in said
        assert "闲话" not in said


def test_spreadsheets(making: Any, empty: URL, tmp_path: Path) -> None:
    told = Told()
    told.opened(at(6), "c", place={"street": "=1+1街道"})
    told.store(empty)
    made = making(empty, Report.HALF_MONTHLY_STREET, Period(date(2026, 4, 1), date(2026, 4, 15)))
    files = writing.write_csv(made, tmp_path / "out")
    assert all(file.read_bytes().startswith(b"\xef\xbb\xbf") for file in files)
    places = next(file for file in files if file.name == "half-monthly-street-2026-04-01-2026-04-15-places.csv")
    rows = list(csv.reader(io.StringIO(places.read_text("utf-8-sig"))))
    assert rows[0][:5] == [
        "区县代码（district）",
        "区县（district_name）",
        "街道代码（street）",
        "街道（street_name）",
        "受理（cases）",
    ]
    assert rows[1][:5] == ["shenhe", "沈河区", "'=1+1街道", "'=1+1街道", "1"]
    assert rows[2][0] == "合计"
    assert "definitions" in files[-1].name


FROM_TO = ("--from", "2026-04-01", "--to", "2026-04-30")


def call(*arguments: str) -> Any:
    return CliRunner().invoke(report, arguments, catch_exceptions=False)


def test_the_command(ledger: URL, tmp_path: Path) -> None:
    at_ledger = ("--url", str(ledger.database), *FROM_TO)
    told = call(
        "units", *at_ledger, "--json", "--html", str(tmp_path / "a" / "units.html"), "--csv", str(tmp_path / "b")
    )
    assert told.exit_code == 0, told.output
    found = orjson.loads(told.stdout)
    assert (found["report"], found["from"], found["to"]) == ("units", "2026-04-01", "2026-04-30")
    assert found["tables"]["units"]["total"]["orders"] > 0
    assert (tmp_path / "a" / "units.html").read_text("utf-8").startswith("<!doctype html>")
    assert len(list((tmp_path / "b").iterdir())) == 2
    shown = call("monthly-district", *at_ledger, "--district", "铁西区").stdout
    assert re.search(r"^districts +tiexi$", shown, re.MULTILINE)
    assert re.search(r"^in_time_rate +按时办结率: .*\(S1\)$", shown, re.MULTILINE)
    assert "合计" in shown


def test_without_days_it_is_of_the_last_whole_period(ledger: URL) -> None:
    found = orjson.loads(call("weekly-community", "--url", str(ledger.database), "--json").stdout)
    first, last = date.fromisoformat(found["from"]), date.fromisoformat(found["to"])
    assert (first.weekday(), (last - first).days) == (0, 6)


def test_what_cannot_be_asked(ledger: URL, tmp_path: Path) -> None:
    at_ledger = ("--url", str(ledger.database))
    assert "belong together" in call("units", *at_ledger, "--from", "2026-04-01").output
    assert "lies before" in call("units", *at_ledger, "--from", "2026-04-02", "--to", "2026-04-01").output
    with pytest.raises(SettingsError, match="no district"):
        call("units", *at_ledger, *FROM_TO, "--district", "nowhere")
    with pytest.raises(LedgerMissing):
        call("units", "--url", str(url_of(str(tmp_path / "none.db")).database), *FROM_TO)
