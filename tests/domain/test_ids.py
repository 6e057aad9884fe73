"""Ids are functions of what came in, and different things have different ids."""

from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.domain import ids

PART = st.text(max_size=6) | st.none() | st.booleans() | st.integers() | st.just("None") | st.just("\x1f")


def test_ids_are_the_same_in_every_process() -> None:
    # Written down: every topic holds ids made by these functions.
    assert ids.case_id("2026112118050001") == "67cbfd25-4a43-5540-9a2b-223349d44527"
    assert ids.pseudonym("13800000001", "key") == "7bbd703606e4872ae9bf2b0fca48e6a4"


def test_ids_of_different_kinds_and_parts_are_distinct() -> None:
    made = [
        ids.case_id("a"),
        ids.case_id("b"),
        ids.salvage_case_id("calls", 0, 1),
        ids.salvage_case_id("calls", 1, 0),
        ids.salvage_case_id("calls", 0, 10),
        ids.event_id("a", "calls", 0, 1, 0),
        ids.event_id("a", "calls", 0, 1, 1),
        ids.event_id("a", "calls", 0, 11, 0),
        ids.order_id("a", "housing", 1),
        ids.order_id("a", "housing", 2),
        ids.order_id("a", "heating", 1),
    ]
    assert len(set(made)) == len(made)
    assert all(UUID(one).version == 5 for one in made)


def test_a_stand_in_call_id_names_its_place() -> None:
    assert ids.salvage_call_id("calls", 3, 17) == "unread-calls-3-17"


@given(st.lists(PART, min_size=1, max_size=5), st.lists(PART, min_size=1, max_size=5))
def test_fingerprints_are_equal_only_for_equal_parts(one: list[object], other: list[object]) -> None:
    same = [(type(x), x) for x in one] == [(type(x), x) for x in other]
    assert (ids.fingerprint(*one) == ids.fingerprint(*other)) is same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b\x1fc", "d"), ("a", "b", "c\x1fd")),
        (("ab", "c"), ("a", "bc")),
        ((None,), ("None",)),
        ((True,), ("True",)),
        (("a", ""), ("a",)),
        (("str1:a",), ("a", "str1:")),
    ],
)
def test_no_fingerprint_by_a_trick_with_separators(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    assert ids.fingerprint(*one) != ids.fingerprint(*other)


MOBILE = (
    "13800000001", "+8613800000001", "+86 138 0000 0001", "008613800000001", "8613800000001", "138-0000-0001",
    "(+86)138 0000 0001", "013800000001", " 13800000001 ", "１３８０００００００１", "+86-138-0000-0001",
)  # fmt: skip
LANDLINE = ("024-88880001", "02488880001", "(024)8888 0001", "+86 24 88880001", "0086-24-88880001")
OTHERS = ("13800000002", "88880001", "110", "12345", "web:user-1", "web:user-11", "user1", "guest1", "+", "86")


@pytest.mark.parametrize("spellings", [MOBILE, LANDLINE])
def test_one_telephone_has_one_pseudonym(spellings: tuple[str, ...]) -> None:
    assert len({ids.pseudonym(written, "key") for written in spellings}) == 1


def test_different_callers_have_different_pseudonyms() -> None:
    everyone = (MOBILE[0], LANDLINE[0], *OTHERS)
    for one, other in combinations(everyone, 2):
        assert ids.pseudonym(one, "key") != ids.pseudonym(other, "key"), (one, other)


def test_a_pseudonym_depends_on_the_citys_key_and_hides_the_number() -> None:
    made = ids.pseudonym(MOBILE[0], "key")
    assert made != ids.pseudonym(MOBILE[0], "other key")
    assert len(made) == 32
    assert set(made) <= set("0123456789abcdef")


@given(st.text(max_size=40), st.text(max_size=10))
def test_any_text_has_a_pseudonym_and_always_the_same(caller: str, key: str) -> None:
    assert ids.pseudonym(caller, key) == ids.pseudonym(caller, key)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "+86", "0086", "86", "0"]), st.data())
def test_a_mobile_number_in_any_spelling(number: str, prefix: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, 11))
    mark = data.draw(st.sampled_from(["", " ", "-", ".", "/"]))
    written = f"{prefix}{mark}{number[:cut]}{mark}{number[cut:]}"
    assert ids.pseudonym(written, "key") == ids.pseudonym(number, "key")
