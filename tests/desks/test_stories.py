"""The runner's steps of the two desks, and what it tells where a story and the service differ."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dispatcher.catalog import load_catalog
from dispatcher.domain.errors import CatalogError
from dispatcher.simulate.expect_lookup import LookupExpectation
from dispatcher.simulate.story import Story, read_stories, tell

ROOT = Path(__file__).resolve().parents[2]
CATALOG = load_catalog(ROOT)
STORIES = [
    story for path in sorted((ROOT / "tests" / "stories" / "desks").glob("*.yaml")) for story in read_stories(path)
]

PERSON = """
stories:
  - name: One
    rule: ["4"]
    start: 2026-06-09 14:00
    steps:
      - call: {id: c-1, category: missing_vulnerable, text: 我爸走丢了，六十八岁，今天中午十二点从铁西广场走的，穿白衬衫}
        expect: {lookup: EXPECT}
"""

THING = """
stories:
  - name: One
    rule: ["4"]
    start: 2026-06-09 14:00
    steps:
      - found: FOUND
        call: {id: c-1, category: lost_item_taxi, text: 我行李箱落出租车上了，银色的，车牌尾号66}
        expect: {lookup: EXPECT}
"""


def written(folder: Path, text: str) -> Story:
    path = folder / "mine.yaml"
    path.write_text(text, "utf-8")
    (story,) = read_stories(path)
    return story


def told(folder: Path, text: str, *more: str) -> list[str]:
    whole = text + "".join(f"      - {step}\n" for step in more)
    return [str(difference) for difference in tell(written(folder, whole.replace("FOUND", "[]")), CATALOG)]


def test_a_right_expectation_is_passed_over(tmp_path: Path) -> None:
    right = "{status: searching, side: lost, desk: missing_person, since: 2026-06-09 12:00, confirmed: null, reach_km: [6, 6]}"
    assert told(tmp_path, PERSON.replace("EXPECT", right)) == []


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("{status: candidate}", "status is searching, expected candidate"),
        ("{side: found}", "side is lost, expected found"),
        ("{desk: lost_item}", "desk is missing_person, expected lost_item"),
        ("{since: 2026-06-09 13:00}", "since is 2026-06-09 12:00:00, expected 2026-06-09 13:00"),
        ("{facts: {age: '70'}}", "fact age is 68, expected 70"),
        ("{facts: {age: null}}", "fact age is 68, expected none"),
        ("{unknown: [name]}", "unknown is none, expected name"),
        ("{question: 几号线}", "the next question is"),
        ("{question: null}", "expected none"),
        ("{cause: 案件无效}", "cause is , expected 案件无效"),
        ("{round: 2}", "round is 0, expected 2"),
        ("{asked: [taxi]}", "taxi was not asked in this step; asked were earlier_records"),
        ("{not_asked: [hospitals]}", "hospitals was asked in this step"),
        ("{requests: {hospitals: answered}}", "the question to hospitals is waiting, expected answered"),
        ("{requests: {taxi: waiting}}", "the question to taxi is none, expected waiting"),
        ("{open_requests: []}", "the list of open requests is earlier_records"),
        ("{late: [hospitals]}", "the list of late answers is none, expected hospitals"),
        ("{dropped: 3}", "the number of findings dropped is 0, expected 3"),
        ("{candidates: [x]}", "candidates are none, expected x"),
        ("{shown: [x]}", "shown are none, expected x"),
        ("{struck: [x]}", "struck are none, expected x"),
        ("{top: x}", "first is none, expected x"),
        ("{top3: x}", "among the first three are none, expected x"),
        ("{no_candidate: false}", "a person is called for none, expected somebody"),
        ("{reasons: {x: [衣着]}}", "the list of reasons for x is none, expected 衣着"),
        ("{confirmed: x}", "confirmed is none, expected x"),
        ("{confirmed_by: family}", "confirmed by is none, expected family"),
        ("{agreed: [豁口]}", "the list of marks that agree is none, expected 豁口"),
        ("{found_after_minutes: 5}", "found after minutes is none, expected 5"),
        ("{receipt: true}", "receipt is none, expected one"),
        ("{recipient: 王**}", "recipient is none, expected 王**"),
        ("{sightings: 1}", "the number of sightings is 0, expected 1"),
        ("{escalated_to: null}", "the last one told is duty_leader, expected none"),
        ("{escalations: [city_leader]}", "the list of those told is desk_leader, duty_leader, expected city_leader"),
        ("{mode: bus}", "mode is walk, expected bus"),
        ("{centre: 中街}", "centre is 铁西广场, expected 中街"),
        ("{alert_km: 15}", "the alert's radius is 6 km, expected 15 km"),
        ("{reach_km: [7, 9]}", "the reach is 6 km, expected 7 to 9 km"),
        ("{districts: [kangping]}", "the list of districts within reach is tiexi"),
        ("{not_districts: [tiexi]}", "tiexi is within reach, which was not expected"),
        ("null", "there is a lookup (searching), expected none"),
    ],
)
def test_a_wrong_expectation_is_told(tmp_path: Path, expect: str, words: str) -> None:
    (line,) = told(tmp_path, PERSON.replace("EXPECT", expect))
    assert line.startswith("step 1 (2026-06-09 14:00): ")
    assert words in line


def test_a_lookup_that_is_not_there_is_told(tmp_path: Path) -> None:
    text = PERSON.replace("EXPECT", "{status: searching}").replace("missing_vulnerable", "noise_construction")
    (line,) = told(tmp_path, text)
    assert line.endswith("there is no lookup")
    assert told(tmp_path, text.replace("{status: searching}", "null")) == []


def test_an_answer_is_scored_and_its_repeated_findings_are_told_apart(tmp_path: Path) -> None:
    answer = "answer: {database: taxi, hits: [{ref: t, times: 25, sure: true, text: 银色行李箱}]}"
    expected = "expect: {lookup: {dropped: 5, status: candidate, reasons: {t-1: [明确认定]}}}"
    assert told(tmp_path, THING.replace("EXPECT", "{}"), f"{{at: +1m, {answer}, {expected}}}") == []


def test_a_finder_may_ring_before_the_story_begins_but_not_before_the_step_before(tmp_path: Path) -> None:
    early = '[{id: f-1, at: "-3d", text: 捡到一只红色手套}]'
    story = written(tmp_path, THING.replace("FOUND", early).replace("EXPECT", "{}"))
    assert tell(story, CATALOG) == []
    again = THING.replace("FOUND", "[]").replace("EXPECT", "{}") + (
        '      - {at: +1h, found: [{id: f-1, at: "-2h", text: 捡到一只红色手套}]}\n'
    )
    with pytest.raises(CatalogError, match="f-1 is not between its step and the step before"):
        tell(written(tmp_path, again), CATALOG)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("{at: +1m, answer: {database: metro_bus}}", "metro_bus answers, but was not asked"),
        ("{at: +1m, answer: {database: taxi, request: 1}}", "taxi answers, but was not asked question 1"),
        ("{at: +1m, answer: {database: taxi, hits: [{ref: t, at: -1x, text: 伞}]}}", "+1x is no time"),
        ("{at: +1m, found: [{id: f-1, category: found_star, text: 捡到一颗星}]}", "no category found_star"),
        ("{at: +1m, found: [{id: f-1, at: +2m, text: 捡到一把伞}]}", "f-1 is not between"),
    ],
)
def test_a_step_that_makes_no_sense_is_a_mistake_of_the_file(tmp_path: Path, step: str, words: str) -> None:
    with pytest.raises(CatalogError, match=re.escape(words)):
        told(tmp_path, THING.replace("EXPECT", "{}"), step)


@pytest.mark.parametrize(
    "step",
    [
        "{at: +1m, desk: {action: find}}",
        "{at: +1m, desk: {action: confirm, by: neighbour}}",
        "{at: +1m, desk: {act: confirm}}",
        "{at: +1m, answer: {database: taxi, hits: [{ref: t, times: 0, text: 伞}]}}",
        "{at: +1m, expect: {lookup: {state: found}}}",
    ],
)
def test_unknown_words_are_refused_before_anything_is_told(tmp_path: Path, step: str) -> None:
    with pytest.raises(CatalogError, match=r"mine\.yaml: stories\.0\.steps\.1\."):
        told(tmp_path, THING.replace("EXPECT", "{}"), step)


def test_each_field_of_an_expectation_is_used_by_some_story() -> None:
    used: set[str] = set()
    for story in STORIES:
        for step in story.steps:
            for one in step.expect if isinstance(step.expect, tuple) else (step.expect,):
                used |= one.lookup.model_fields_set if one.lookup is not None else set()
    assert set(LookupExpectation.model_fields) == used


def test_there_are_forty_and_each_looks_at_a_lookup() -> None:
    assert len(STORIES) >= 40
    for story in STORIES:
        expected = [
            one for step in story.steps for one in (step.expect if isinstance(step.expect, tuple) else (step.expect,))
        ]
        assert any(one.lookup is not None for one in expected), story.name


def test_the_example_of_the_documentation_goes_as_it_is_told(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "stories.md").read_text("utf-8")
    example = text[text.index("A whole example.") :].split("```yaml\n", 1)[1].split("```", 1)[0]
    assert [str(difference) for difference in tell(written(tmp_path, example), CATALOG)] == []


def test_the_true_one_is_among_the_first_three_and_nothing_is_confirmed_by_itself() -> None:
    """Of all that the stories expect to be ranked, shared by the texts of many writers."""
    wanted = missed = 0
    for story in STORIES:
        expected = [
            one
            for step in story.steps
            for one in (step.expect if isinstance(step.expect, tuple) else (step.expect,))
            if one.lookup is not None
        ]
        ranked = [one.lookup for one in expected if one.lookup is not None and (one.lookup.top3 or one.lookup.top)]
        if not ranked or story.needs_classifier:
            continue
        differing = [str(difference) for difference in tell(story, CATALOG)]
        wanted += len(ranked)
        missed += sum("among the first three" in one for one in differing)
        assert not any("confirmed is" in one and "expected none" in one for one in differing), story.name
    assert wanted >= 140
    assert missed / wanted <= 0.05
