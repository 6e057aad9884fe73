"""A policy that cannot be followed is refused when it is read, not when a caller waits."""

from typing import Any

import pytest
from domain_world import POLICY
from pydantic import BaseModel, ValidationError


def broken(model: BaseModel, **changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        type(model).model_validate(model.model_dump() | changes)
    return str(caught.value)


def test_the_shipped_policies_hold() -> None:
    for part in (POLICY.intake, POLICY.repeat, POLICY.triage, POLICY.hours, POLICY.deadlines, POLICY.routing):
        assert type(part).model_validate(part.model_dump()) == part


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"morning_end": "08:00"}, "follow one another"),
        ({"afternoon_start": "11:00"}, "follow one another"),
        ({"afternoon_end": "13:00"}, "follow one another"),
        ({"morning_end": 720}, "in quotes"),  # YAML's reading of 12:00 without quotes
        ({"morning_end": "12:00+08:00"}, "offset"),
        ({"extra_holidays": ["2026-12-01"], "extra_workdays": ["2026-12-01"]}, "2026-12-01"),
    ],
)
def test_office_hours_that_never_come(changes: dict[str, Any], named: str) -> None:
    # Working hours that never come would let a deadline search for ever.
    assert named in broken(POLICY.hours, **changes)


@pytest.mark.parametrize("clock", ["acknowledge", "first_answer", "finish"])
@pytest.mark.parametrize("urgency", ["emergency", "urgent", "routine"])
def test_a_clock_without_a_limit_is_named(clock: str, urgency: str) -> None:
    limits = {key.value: limit for key, limit in getattr(POLICY.deadlines, clock).items() if key != urgency}
    assert f"{clock}.{urgency}" in broken(POLICY.deadlines, **{clock: limits})


@pytest.mark.parametrize("limit", [{}, {"working_days": 1, "working_hours": 4}, {"working_days": 0}])
def test_a_limit_has_exactly_one_length(limit: dict[str, int]) -> None:
    assert "finish_queries" in broken(POLICY.deadlines, finish_queries=limit)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"same_call_minutes": 61}, "repeat_minutes"),
        ({"repeat_minutes": 72 * 60 + 1}, "repeat_minutes"),
        ({"silent_again_minutes": 72 * 60 + 1}, "silent_again_minutes"),
        ({"families": {"a": ["heating"], "b": ["heating"]}}, "families.b"),
        ({"remembered_calls": 0}, "remembered_calls"),
    ],
)
def test_windows_that_contradict_each_other(changes: dict[str, Any], named: str) -> None:
    assert named in broken(POLICY.repeat, **changes)
