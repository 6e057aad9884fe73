"""Laws of sealing: what is taken out can be put back to the byte, and nothing of it is left in the event."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.domain import sealed
from dispatcher.domain.errors import BadRecord

words = st.text(max_size=12)
names = st.sampled_from([*sorted(sealed.PERSONAL), "place", "reason", "rule", "case_id", "orders", "§"])
texts = words | st.sampled_from(["§1:0", "§1:1", '"§1:0"', '\\"text\\":\\"x', "13800000000"])
leaves = texts | st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)
events = st.dictionaries(names | st.just("actor"), values, max_size=6)


@given(event=events, spaced=st.booleans())
def test_what_is_taken_out_can_be_put_back(event: dict[str, object], spaced: bool) -> None:
    value = orjson.dumps(event, option=orjson.OPT_INDENT_2 if spaced else None)
    taken = sealed.take_out(value)
    if taken is None:
        assert sealed.without(value) == value
        return
    marked, kept = taken
    assert sealed.put_back(marked, kept) == value
    assert sealed.without(value) == marked


@given(said=st.text(min_size=1, max_size=20), field=st.sampled_from(sorted(sealed.PERSONAL)), deep=st.booleans())
def test_nothing_personal_is_left(said: str, field: str, deep: bool) -> None:
    told: dict[str, object] = {field: said} if field not in ("extracted", "facts") else {field: {"name": said}}
    event = {"case_id": "c", "hits": [told]} if deep else {"case_id": "c", **told}
    taken = sealed.take_out(orjson.dumps(event))
    assert taken is not None
    left = orjson.loads(taken[0])
    place = left["hits"][0] if deep else left
    assert set(place) == ({field} if deep else {"case_id", field})
    assert place[field] in (f"{sealed.MARK}0", {"§": f"{sealed.MARK}0"})


@pytest.mark.parametrize(
    ("actor", "reason", "is_sealed"),
    [
        ("W001", "来电人王某说已搬走", True),
        (None, "提到“王大爷两天没出屋了”，有人可能遇险", True),
        (None, "全部派单已办结，待回访", False),
    ],
)
def test_a_reason_is_personal_where_a_person_gave_it_or_it_quotes_one(
    actor: str | None, reason: str, is_sealed: bool
) -> None:
    taken = sealed.take_out(orjson.dumps({"reason": reason, "actor": actor}))
    assert (taken is not None) == is_sealed


def test_what_tells_where_and_why_stays() -> None:
    event = {
        "rule": "model", "reason": "全部派单已办结", "actor": None, "category": "property_service",
        "place": {"district": "shenhe", "street": "北站街道", "address": "北站路1号3-2-1"},
        "text": "楼道灯坏了", "caller": "0" * 32, "extracted": {"plates": ["辽A00000"]},
    }  # fmt: skip
    taken = sealed.take_out(orjson.dumps(event))
    assert taken is not None
    marked, kept = taken
    assert orjson.loads(marked) == event | {
        "place": {"district": "shenhe", "street": "北站街道", "address": "§1:0"},
        "text": "§1:1", "caller": "§1:2", "extracted": {"§": "§1:3"},
    }  # fmt: skip
    assert orjson.loads(kept) == ["北站路1号3-2-1", "楼道灯坏了", "0" * 32, {"plates": ["辽A00000"]}]


def test_texts_of_another_event_do_not_fit() -> None:
    one = sealed.take_out(orjson.dumps({"text": "一"}))
    two = sealed.take_out(orjson.dumps({"text": "一", "address": "二"}))
    assert one is not None
    assert two is not None
    with pytest.raises(BadRecord, match="does not fit"):
        sealed.put_back(one[0], two[1])
