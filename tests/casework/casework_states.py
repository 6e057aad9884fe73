"""Every status of a case, reached by what callers, units and people say.

The matter is a dispute whose owner keeps office hours, told at night: so a stand-in leads, and every kind of timer can run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from casework_world import NIGHT, WatchedWorld

from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import CaseStatus, Outcome, Satisfaction
from dispatcher.domain.inbox import (
    Operation,
    ReplyAction,
)

MATTER = "civil_dispute"
CALLER = "13800000001"
LATER = NIGHT + timedelta(minutes=30)


@dataclass
class Scene:
    """A world with the case in question, and another case beside it."""

    world: WatchedWorld = field(default_factory=WatchedWorld)
    case_id: str = ids.case_id("c-1")
    other: str = ids.case_id("c-9")

    @property
    def case(self) -> CaseRecord | None:
        return self.world.cases.get(self.case_id)

    def person(self, operation: Operation, **more: Any) -> None:
        self.world.person_says(self.case_id, operation, at=LATER, **more)

    def unit(self, action: ReplyAction, **more: Any) -> None:
        self.world.unit_says(self.case_id, action, at=LATER, **more)


# -- the statuses ----------------------------------------------------------------------------------------------


def _beside() -> Scene:
    scene = Scene()
    scene.world.ring("c-9", "noise_business", at=NIGHT, caller="13800000009")
    return scene


def _care(scene: Scene) -> Scene:
    scene.person(Operation.CARE, text="独居老人")
    return scene


def _called() -> Scene:
    scene = _beside()
    scene.world.ring("c-1", MATTER, at=NIGHT, caller=CALLER)
    return scene


def _dispatched() -> Scene:
    return _care(_called())


def _review() -> Scene:
    scene = _beside()
    scene.world.ring("c-1", MATTER, at=NIGHT, caller=CALLER, outcome=Outcome.REVIEW)
    return _care(scene)


def _review_at_work() -> Scene:
    """Units are at work when danger outside the city brings the case before a person."""
    scene = _dispatched()
    scene.world.ring("c-2", "violent_crime", at=LATER, caller=CALLER, outside_city="大连")
    return scene


def _acknowledged() -> Scene:
    scene = _dispatched()
    scene.unit(ReplyAction.ACKNOWLEDGE)
    return scene


def _in_progress() -> Scene:
    scene = _dispatched()
    scene.unit(ReplyAction.PROGRESS)
    return scene


def _conference() -> Scene:
    scene = _dispatched()
    scene.unit(ReplyAction.RETURN, proposed="housing")
    scene.unit(ReplyAction.RETURN, proposed="justice")
    return scene


def _done() -> Scene:
    scene = _dispatched()
    scene.unit(ReplyAction.FINISH)
    return scene


def _reopened() -> Scene:
    scene = _done()
    scene.person(Operation.REVISIT, answered=True, satisfaction=Satisfaction.DISSATISFIED)
    return scene


def _closed() -> Scene:
    scene = _done()
    scene.person(Operation.REVISIT, answered=True, satisfaction=Satisfaction.SATISFIED)
    return scene


def _archived() -> Scene:
    scene = _closed()
    scene.person(Operation.CARE_END)
    scene.world.advance(LATER + timedelta(days=scene.world.policy.casework.archive_days))
    return scene


def _transferred() -> Scene:
    scene = _dispatched()
    scene.person(Operation.TRANSFER, platform="12345")
    return scene


def _merged() -> Scene:
    scene = _dispatched()
    scene.person(Operation.MERGE, other=scene.other)
    return scene


def _invalid() -> Scene:
    scene = _review()
    scene.person(Operation.DECIDE, category="prank")
    return scene


def _linked() -> Scene:
    """The guard of a call that joined an earlier case."""
    scene = _called()
    scene.world.ring("c-2", MATTER, at=LATER, caller=CALLER)
    scene.case_id = ids.case_id("c-2")
    return scene


@dataclass(frozen=True)
class Standing:
    """A column of the table: how a case comes to stand so."""

    name: str
    status: CaseStatus | None
    reach: Callable[[], Scene]


STANDINGS = (
    Standing("none", None, _beside),
    Standing("rev", CaseStatus.REVIEW, _review),
    Standing("rev+", CaseStatus.REVIEW, _review_at_work),
    Standing("dis", CaseStatus.DISPATCHED, _dispatched),
    Standing("ack", CaseStatus.ACKNOWLEDGED, _acknowledged),
    Standing("pro", CaseStatus.IN_PROGRESS, _in_progress),
    Standing("con", CaseStatus.CONFERENCE, _conference),
    Standing("don", CaseStatus.DONE, _done),
    Standing("reo", CaseStatus.REOPENED, _reopened),
    Standing("clo", CaseStatus.CLOSED, _closed),
    Standing("tra", CaseStatus.TRANSFERRED, _transferred),
    Standing("mer", CaseStatus.MERGED, _merged),
    Standing("inv", CaseStatus.INVALID, _invalid),
    Standing("arc", CaseStatus.ARCHIVED, _archived),
    Standing("lin", CaseStatus.LINKED, _linked),
)
