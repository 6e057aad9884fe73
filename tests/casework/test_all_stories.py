"""Every story of this project, one test each; and the runner of stories itself."""

import re
from functools import lru_cache
from pathlib import Path

import pytest
from casework_world import CATALOG, ROOT

from classifiers import Classifier
from dispatcher.domain.errors import CatalogError
from dispatcher.domain.triage import Classify
from dispatcher.simulate.story import Story, read_stories, tell
from dispatcher.stream.classify import classify_with

FILES = sorted((ROOT / "tests" / "stories").rglob("*.yaml"))
STORIES = [(path, story) for path in FILES for story in read_stories(path)]


@lru_cache(maxsize=1)
def city_classifier() -> Classify:
    """Loaded when the first story needs it."""
    return classify_with(Classifier.load(), CATALOG.policy.triage)


#: What a careful person would decide otherwise than the matching of things does today. Whoever makes it better takes the name out.
MISSES = {
    "A laptop at the security check that two people claim",  # the finder's own words fit both claimants
    "The racket that was found two days too early",  # shown, and for a person to strike
    "She knows neither line nor stop, but her own patch on the cuff",  # three jackets shown; hers comes later
    "A laptop left in the tray at the airport",  # cat against hotpot stickers
    "A gold bracelet with a horse, and one with a rabbit",
    "A bamboo cage with a thrush, and two who want it",
    "A helmet with cat ears",  # against 没什么装饰
    "Household registers of other families",  # the same street, another name
    "Black down jackets changed at the dinner table",  # 黑色羽绒服 against 这件黑波司登
    "Two scooters lost in one park, two found, each to its own child",
    "The owner finds his passport in the other coat",
}


@pytest.mark.parametrize("story", [pytest.param(story, id=f"{path.stem}: {story.name}") for path, story in STORIES])
def test_a_story_goes_as_it_is_told(story: Story) -> None:
    classify = city_classifier() if story.needs_classifier else None
    differing = [str(difference) for difference in tell(story, CATALOG, classify)]
    if story.name in MISSES:
        assert all("lookup" in one or "refused" in one for one in differing)
        assert differing, "it goes as told now: take it out of MISSES"
    else:
        assert differing == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_stories_of_a_file_have_names_of_their_own(path: Path) -> None:
    names = [story.name for story in read_stories(path)]
    assert len(set(names)) == len(names)


def test_there_are_two_hundred_and_each_looks_at_something() -> None:
    assert len(STORIES) >= 200
    for _, story in STORIES:
        assert any(step.expect for step in story.steps), story.name
        assert story.rule, story.name


#: The rules of section 9 that are about a case's life.
@pytest.mark.parametrize("rule", [f"9.{number}" for number in range(1, 15)])
def test_each_rule_has_a_story(rule: str) -> None:
    assert any(rule in story.rule for _, story in STORIES)


# -- the runner ------------------------------------------------------------------------------------------------

ONE = """
stories:
  - name: One
    rule: ["9.1"]
    start: 2026-11-24 10:00
    steps:
      - call: {id: c-1, category: noise_construction, districts: [heping]}
        expect: EXPECT
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, "utf-8")
    return path


def told(folder: Path, expect: str) -> list[str]:
    (story,) = read_stories(written(folder, ONE.replace("EXPECT", expect)))
    return [str(difference) for difference in tell(story, CATALOG)]


def test_a_right_expectation_is_passed_over(tmp_path: Path) -> None:
    assert told(tmp_path, "{status: dispatched, lead: urban-management, rejected: null}") == []


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("{status: done}", "status is dispatched, expected done"),
        ("{lead: housing}", "lead is urban-management, expected housing"),
        ("{lead: null}", "lead is urban-management, expected none"),
        ("{assist: [housing]}", "assist is none, expected housing"),
        ("{returns: 1}", "returns is 0, expected 1"),
        ("{closed_as: satisfied}", "closed_as is none, expected satisfied"),
        ("{orders: {urban-management: done}}", "the order of urban-management is issued, expected done"),
        ("{orders: {housing: issued}}", "the order of housing is none, expected issued"),
        ("{clocks: {finish: null}}", "clock finish ends 2026-12-08 17:00:00, expected never"),
        ("{clocks: {housing.acknowledge: 2026-11-24 12:00}}", "ends never, expected 2026-11-24 12:00:00"),
        ("{cards: [[blue, housing]]}", "cards are none, expected blue housing"),
        ("{events: [case.done]}", "no event case.done; there were call.triaged, case.opened"),
        ("{events: [case.opened, case.opened]}", "no event case.opened"),
        ("{no_events: [case.opened]}", "event case.opened was not expected"),
        ("{rejected: D602}", "refused with nothing, expected D602"),
        ("{claimed_by: W001}", "claimed by none, expected W001"),
        ("{rung: building}", "mediation is on none, expected building"),
        ("{merged_into: c-9}", "merged into none, expected c-9"),
        ("{members: [c-9]}", "members are none, expected c-9"),
        ("{related: [c-9]}", "related are none, expected c-9"),
        ("{same_case_as: c-9}", "another case than c-9's"),
        ("{addressee: clerk}", "the last card went to none, expected clerk"),
        ("{case: c-9}", "there is no such case"),
    ],
)
def test_a_wrong_expectation_is_told(tmp_path: Path, expect: str, words: str) -> None:
    (line,) = told(tmp_path, expect)
    assert line.startswith("step 1 (2026-11-24 10:00): ")
    assert words in line


def test_each_wrong_expectation_is_told_with_its_step(tmp_path: Path) -> None:
    second = "      - {at: +1d, expect: [{status: done}, {returns: 2}, {status: dispatched}]}\n"
    (story,) = read_stories(written(tmp_path, ONE.replace("EXPECT", "{status: closed}") + second))
    lines = [str(difference) for difference in tell(story, CATALOG)]
    assert [line.split(":")[0] for line in lines] == [
        "step 1 (2026-11-24 10",
        "step 2 (2026-11-25 10",
        "step 2 (2026-11-25 10",
    ]


def test_a_refused_message_is_no_difference_where_the_refusal_is_expected(tmp_path: Path) -> None:
    forged = "      - {at: +1m, reply: {unit: housing, action: finish, text: x}, expect: {rejected: D603, status: dispatched}}\n"
    (story,) = read_stories(written(tmp_path, ONE.replace("EXPECT", "[]") + forged))
    assert tell(story, CATALOG) == []


def test_a_story_may_have_numbers_of_its_own(tmp_path: Path) -> None:
    text = ONE.replace("    steps:", "    policy: {casework: {reopen_days: 3}}\n    steps:").replace("EXPECT", "[]") + (
        "      - {at: +1m, reply: {unit: urban-management, action: finish, text: x}, expect: {status: done}}\n"
        "      - {at: +3d, expect: {status: closed, closed_as: not_revisited}}\n"
    )
    (story,) = read_stories(written(tmp_path, text))
    assert tell(story, CATALOG) == []


def test_the_same_story_twice_differs_in_the_same_way(tmp_path: Path) -> None:
    assert told(tmp_path, "{status: done}") == told(tmp_path, "{status: done}")


@pytest.mark.parametrize(
    ("text", "where", "advice"),
    [
        ("- a\n- b\n", "mine.yaml: the file must be a mapping", "See the comments"),
        ("tales: []\n", "mine.yaml: stories: ", "add this key"),
        ("stories: []\n", "mine.yaml: stories: ", "correct the value"),
        ("stories: [{name: One, rule: [], start: now}]\n", "mine.yaml: stories.0.steps: ", "add this key"),
        (ONE.replace("EXPECT", "{state: done}"), "stories.0.steps.0.expect", "remove it or correct its name"),
        (ONE.replace("EXPECT", "{status: finished}"), "stories.0.steps.0.expect", "use one of the words named"),
        (ONE.replace("call:", "phone:"), "mine.yaml: stories.0.steps.0.phone: ", "remove it or correct its name"),
        (ONE + "    name: Two\n", "mine.yaml: not YAML: ", "Correct the line named"),
        ("stories: [\n", "mine.yaml: not YAML: ", "Correct the line named"),
    ],
    ids=[
        "list",
        "other key",
        "none",
        "no steps",
        "unknown field",
        "unknown word",
        "unknown step",
        "key twice",
        "no YAML",
    ],
)
def test_a_file_that_is_no_story_is_refused_with_key_and_advice(
    tmp_path: Path, text: str, where: str, advice: str
) -> None:
    with pytest.raises(CatalogError, match=re.escape(where)) as refused:
        read_stories(written(tmp_path, text))
    assert advice in str(refused.value)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"mine\.yaml: no such file"):
        read_stories(tmp_path / "mine.yaml")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("start: 2026-11-24 10:00", "start: soon", "soon is no time"),
        ("      - call", "      - at: +1x\n        call", "+1x is no time"),
        ("districts: [heping]", "urgency: routine, at: soon", "soon is no time"),
        ("noise_construction", "noise_of_stars", "noise_of_stars"),
        ("    steps:", "    policy: {casework: {reopen_day: 3}}\n    steps:", "reopen_day"),
        ("    steps:", "    policy: {cases: {reopen_days: 3}}\n    steps:", "cases"),
        ("    steps:", "    steps:\n      - {reply: {unit: housing, action: finish, text: x}}", "no call"),
    ],
    ids=["start", "step", "made at", "category", "policy key", "policy file", "nobody has called"],
)
def test_what_only_shows_when_it_is_told_is_a_mistake_of_the_file(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    """Exit status 2 and words, as for any file that is no story; never a trace."""
    path = written(tmp_path, ONE.replace("EXPECT", "[]").replace(old, new))
    with pytest.raises(CatalogError, match=re.escape(words)):
        tell(read_stories(path)[0], CATALOG)
