"""`dispatcher triage`: no Kafka."""

from __future__ import annotations

import pytest
from cli_program import lines, rows
from click.testing import CliRunner, Result

from dispatcher.cli import program

FIELDS = [
    "id", "outcome", "category", "lead", "assist", "district", "urgency", "confidence", "suggestions", "rule", "reason",
    "cues", "extracted", "model", "policy",
]  # fmt: skip


def triage(*arguments: str, input: bytes | str | None = None) -> Result:
    nowhere = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    return CliRunner(env=nowhere).invoke(program, ["triage", *arguments], input=input, catch_exceptions=False)


def test_one_line_out_for_each_line_in_in_order() -> None:
    questions = [
        {"id": n, "text": text} for n, text in enumerate(("楼道灯坏了没人换", "有人拿刀砍人", "家里停水两天了") * 10)
    ]
    result = triage(input=lines(*questions))
    assert result.exit_code == 0
    found = rows(result)
    assert [row["id"] for row in found] == list(range(30))
    assert all(list(row) == FIELDS for row in found)
    assert found[1]["outcome"] == "police"
    assert found[1]["lead"] == "public-security"
    assert found[:3] == [{**row, "id": n} for n, row in enumerate(found[3:6])]
    assert [set(s) for s in found[0]["suggestions"]] == [{"category", "lead", "probability"}] * 3


def test_a_bad_line_gives_its_id_and_the_reason_and_the_rest_goes_on() -> None:
    good = lines({"id": "z", "text": "楼道灯坏了没人换"})
    result = triage(input=f'{good}\nnot json\n{{"id": "x"}}\n[]\n{{"id": "y", "text": 5}}\n{good}')
    assert result.exit_code == 1
    found = rows(result)
    assert [row["id"] for row in found] == ["z", None, None, "x", None, "y", "z"]
    assert [sorted(row) == ["error", "id"] for row in found] == [False, True, True, True, True, True, False]


@pytest.mark.parametrize(
    "line",
    [
        b'{"id": 1, "text": ""}',
        b'{"id": 1, "text": "\xff\xfe\xfa"}',
        b'{"id": 1, "text": "\\ud800"}',
        b'{"id": 1, "text": "\\u0000\\u0007"}',
    ],
)
def test_what_cannot_be_understood_is_looked_at_by_a_person(line: bytes) -> None:
    result = triage(input=line + b"\n")
    assert result.exit_code == 0
    assert [row["outcome"] for row in rows(result)] == ["review"]


def test_the_unit_that_owns_the_matter_is_named_at_any_hour() -> None:
    text = "小区物业把楼道灯关了不给开，物业费白交了"
    at_noon, at_night = (f"2026-11-2{day}T{hour}:00:00+08:00" for day, hour in ((3, 11), (2, "03")))
    result = triage(
        input=lines(*({"id": n, "text": text, "received_at": at} for n, at in enumerate((at_noon, at_night))))
    )
    assert {row["lead"] for row in rows(result)} == {"housing"}


def test_a_districts_matter_without_a_place_leads_to_district() -> None:
    from dispatcher.catalog import load_catalog
    from dispatcher.settings import load

    city = load_catalog(load().home).city
    names = {code for code, matter in city.matters.items() if matter.lead == "district"}
    questions = [
        {"id": n, "text": text} for n, text in enumerate(("我们村路烂了没人修", "村里修路占了我家的地没给补偿款"))
    ]
    found = [
        row
        for row in rows(triage(input=lines(*questions)))
        if row["category"] in names and row["outcome"] == "non_police"
    ]
    for row in found:
        assert row["lead"] == "district"
    there = [{**q, "address": "康平县"} for q in questions]
    for row in rows(triage(input=lines(*there))):
        assert row["lead"] != "district"


def test_a_person_is_told_why() -> None:
    plain = triage("铁西区楼道灯坏了没人换")
    assert "物业" in plain.stdout
    assert "铁西区" in plain.stdout
    explained = triage("铁西区楼道灯坏了没人换", "--explain").stdout
    assert "cues" in explained
    assert "routing" in explained
    assert "routing" in rows(triage("铁西区楼道灯坏了没人换", "--explain", "--json"))[0]
