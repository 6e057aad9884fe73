"""The vocabulary holds together, and a broken one is refused."""

import pytest

from classifiers.errors import TableError
from classifiers.tables import HERE, read_table
from classifiers.taxonomy import DANGER, Outcome, Taxonomy, load_taxonomy


def test_has_the_81_categories_in_four_outcomes() -> None:
    taxonomy = load_taxonomy()
    assert len(taxonomy.codes) == 81
    assert {outcome: len(taxonomy.of_outcome(outcome)) for outcome in taxonomy.outcomes} == {
        Outcome.POLICE: 14,
        Outcome.JOINT: 6,
        Outcome.NON_POLICE: 57,
        Outcome.INVALID: 4,
    }


def test_commas_inside_a_description_do_not_become_keys() -> None:
    assert load_taxonomy().categories["theft"].covers.endswith("a thing that was taken, not forgotten")


def test_danger_is_police_and_joint() -> None:
    assert {Outcome.POLICE, Outcome.JOINT} == DANGER


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            'outcome: police, lead: public-security, covers: "抢劫',
            'outcome: review, lead: public-security, covers: "抢劫',
        ),
        ("{name: 盗窃,", "{name: 暴力犯罪,"),
        ("{name: 盗窃,", "{nane: 盗窃,"),
        (
            "silent_call:        {name: 无声电话,       outcome: invalid,",
            "silent_call: {name: 无声电话, outcome: invalid, lead: x,",
        ),
        ("routine:   {name: 一般", "relaxed:   {name: 一般"),
    ],
)
def test_a_broken_vocabulary_is_refused(tmp_path, old: str, new: str) -> None:  # type: ignore[no-untyped-def]
    text = (HERE / "taxonomy.yaml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "taxonomy.yaml"
    broken.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(TableError, match="C101"):
        read_table(broken, Taxonomy)
