"""`dispatcher case story`: stories from the command line, without a broker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_program import rows
from click.testing import CliRunner

from dispatcher.cli import program
from dispatcher.domain.errors import CatalogError

STORY = """
stories:
  - name: A stall in the street
    rule: ["9.1"]
    start: 2026-11-24 10:00
    steps:
      - call: {id: c-1, category: street_vending, districts: [shenhe]}
        expect: {status: dispatched, lead: urban-management}
      - at: +1h
        reply: {unit: urban-management, action: acknowledge}
        expect: {status: acknowledged}
"""


def story(*arguments: str) -> Any:
    return CliRunner().invoke(program, ["case", "story", *arguments], catch_exceptions=False)


def test_a_story_that_goes_as_expected_says_so(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(STORY, "utf-8")
    told = story(str(file))
    assert (told.exit_code, told.stdout) == (0, "1 stories, 0 differ, 0 differences\n")


def test_what_differs_is_told_with_step_and_time(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(STORY.replace("status: acknowledged", "status: closed"), "utf-8")
    told = story(str(file))
    assert told.exit_code == 3
    assert "A stall in the street" in told.stdout
    assert "step 2 (2026-11-24 11:00): status is acknowledged, expected closed" in told.stdout
    assert told.stdout.endswith("1 stories, 1 differ, 1 differences\n")
    one, summary = rows(story(str(file), "--json"))
    assert [difference["step"] for difference in one["differences"]] == [2]
    assert summary == {"stories": 1, "differ": 1, "differences": 1}


def test_the_classifier_decides_where_a_call_names_no_category(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    text = "text: 沈河区中街有人占道摆摊卖水果"
    file.write_text(STORY.replace("category: street_vending, districts: [shenhe]", text), "utf-8")
    assert story(str(file)).exit_code == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("stories:", "tales:"), "one.yaml"),
        (("category: street_vending", "category: nothing"), "A stall in the street"),
        (("at: +1h", "at: soon"), "soon is no time"),
        (("start: 2026", "policy: {casework: {cards: 1}}\n    start: 2026"), "A stall in the street"),
    ],
)
def test_a_file_that_is_no_story_is_named(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(STORY.replace(*change), "utf-8")
    with pytest.raises(CatalogError, match=told):
        story(str(file))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no such file"):
        story(str(tmp_path / "none.yaml"))
