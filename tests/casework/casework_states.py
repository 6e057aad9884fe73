"""Every status of a case, reached by what callers, units and people say; and one message of every kind for it.

The matter is a dispute whose owner keeps office hours, told at night: so a stand-in leads, and every kind of timer can run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from casework_world import NIGHT, WatchedWorld

from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole, CaseStatus, Level, LinkKind, Outcome, Satisfaction, Urgency
from dispatcher.domain.inbox import (
    CaseNotice,
    DeadlineElapsed,
    LookupAnswered,
    NeighbourSeen,
    Operation,
    ReplyAction,
    SplitOff,
    TimerKind,
)
from dispatcher.domain.messages import (
    AttachedCall,
    Decision,
    Link,
    Message,
    Place,
    SourceRecord,
    TriagedCall,
    UnreadableCall,
)
from dispatcher.domain.timers import timers

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


# -- the messages ----------------------------------------------------------------------------------------------

Make = Callable[[Scene], Message]
Before = Callable[[Scene], None]


@dataclass(frozen=True)
class Said:
    """A row of the table. `before`: what must have been said for the message to make sense; it may be refused."""

    name: str
    make: Make
    before: Before = lambda _: None


def _replies(action: ReplyAction, **more: Any) -> Make:
    return lambda scene: scene.world.reply(scene.case_id, action, **more)


def _decides(operation: Operation, **more: Any) -> Make:
    return lambda scene: scene.world.decision(scene.case_id, operation, **more)


def _first(operation: Operation, **more: Any) -> Before:
    return lambda scene: scene.person(operation, **more)


def _into(operation: Operation) -> Make:
    return lambda scene: scene.world.decision(scene.case_id, operation, other=scene.other)


def _falls_due(kind: TimerKind) -> Make:
    def make(scene: Scene) -> Message:
        case = scene.case
        running = timers(case, scene.world.policy) if case is not None else ()
        due_at, subject = next(((t.due_at, t.subject) for t in running if t.kind is kind), (LATER, "over"))
        return DeadlineElapsed(case_id=scene.case_id, kind=kind, subject=subject, due_at=due_at)

    return make


def _notice(operation: Operation, number: str) -> Make:
    return lambda scene: CaseNotice(
        message_id=f"{number}/{operation}",
        case_id=scene.case_id,
        operation=operation,
        other=scene.other,
        actor="W001",
        role=ActorRole.DUTY_LEADER,
        reason="理由",
    )


def _joins_first(scene: Scene) -> None:
    scene.world.say(_notice(Operation.MERGE, "first")(scene), at=LATER)


def _blow_for_lead(scene: Scene) -> None:
    case = scene.case
    scene.person(Operation.WHISTLE, units=(case.lead if case is not None and case.lead else "housing",))


def decision(category: str, outcome: Outcome, urgency: Urgency = Urgency.ROUTINE) -> Decision:
    return Decision(
        outcome=outcome,
        category=category,
        urgency=urgency,
        confidence=1.0,
        rule="given",
        reason="",
        model="given",
        policy="given",
    )


def triaged(call_id: str, case_id: str, of: Decision, *, text: str = "又来电", link: Link | None = None) -> TriagedCall:
    return TriagedCall(
        call_id=call_id,
        case_id=case_id,
        fingerprint=ids.fingerprint(text),
        received_at=LATER,
        text=text,
        channel="110",
        caller="p" * 32,
        place=Place(district="heping"),
        decision=of,
        link=link,
        source=SourceRecord(topic="calls", partition=0, offset=700),
    )


def _call_again(scene: Scene) -> Message:
    """The very call that opened the case, delivered once more; with no case yet it is the first delivery."""
    for one in scene.world.inbox:
        if one.kind is TriagedCall:
            call = TriagedCall.model_validate_json(one.value)
            if call.case_id == scene.case_id:
                return call
    return triaged("c-1", scene.case_id, decision(MATTER, Outcome.NON_POLICE))


def _joins(of: Decision, *, void: bool = False) -> Make:
    def make(scene: Scene) -> Message:
        link = Link(case_id=scene.case_id, kind=LinkKind.REPEAT, minutes_since=20)
        call = triaged("c-7", ids.case_id("c-7"), of, link=link)
        return AttachedCall(case_id=scene.case_id, call=call, void=void)

    return make


def _unreadable(scene: Scene) -> Message:
    return UnreadableCall(
        case_id=scene.case_id,
        call_id="unread-calls-0-5",
        text="无法读取",
        error_code="D303",
        error="not JSON",
        decision=decision(MATTER, Outcome.REVIEW, Urgency.URGENT),
        place=Place(),
        source=SourceRecord(topic="calls", partition=0, offset=5),
    )


def _split_off(scene: Scene) -> Message:
    return SplitOff(
        message_id="split",
        case_id=scene.case_id,
        parent=scene.other,
        call_id="c-9",
        text="另一件事",
        category="noise_business",
        outcome=Outcome.NON_POLICE,
        urgency=Urgency.ROUTINE,
        place=Place(district="heping"),
        actor="W001",
        role=ActorRole.DUTY_LEADER,
        reason="理由",
        source=SourceRecord(topic="calls", partition=0, offset=0),
    )


def _looked_up(scene: Scene) -> Message:
    return LookupAnswered(
        message_id="found", case_id=scene.case_id, lookup_id="l-1", channel="wristband", found=True, text="查到"
    )


def _neighbour(scene: Scene) -> Message:
    return NeighbourSeen(message_id="near", case_id=scene.case_id, other=scene.other, score=0.9, reasons=("同一地点",))


_R, _O = ReplyAction, Operation
_SATISFIED = {"answered": True, "satisfaction": Satisfaction.SATISFIED}
_DISSATISFIED = {"answered": True, "satisfaction": Satisfaction.DISSATISFIED}

SAYINGS = (
    Said("call: its own", _call_again),
    Said(
        "call: id used again",
        lambda scene: triaged("c-1", scene.case_id, decision(MATTER, Outcome.POLICE), text="别的事"),
    ),
    Said("joins: same matter", _joins(decision(MATTER, Outcome.NON_POLICE))),
    Said("joins: danger", _joins(decision("violent_crime", Outcome.POLICE, Urgency.EMERGENCY))),
    Said("joins: void", _joins(decision(MATTER, Outcome.NON_POLICE), void=True)),
    Said("unreadable call", _unreadable),
    Said("split off", _split_off),
    Said("lookup answered", _looked_up),
    Said("neighbour seen", _neighbour),
    Said("notice: merge", _notice(_O.MERGE, "n")),
    Said("notice: unmerge", _notice(_O.UNMERGE, "n")),
    Said("notice: member left", _notice(_O.UNMERGE, "n"), _joins_first),
    Said("notice: link", _notice(_O.LINK, "n")),
    Said("notice: close", _notice(_O.CLOSE, "n")),
    Said("unit: acknowledge", _replies(_R.ACKNOWLEDGE)),
    Said("unit: progress", _replies(_R.PROGRESS)),
    Said("unit: finish", _replies(_R.FINISH)),
    Said("unit: return", _replies(_R.RETURN, proposed="housing")),
    Said("unit: pause", _replies(_R.PAUSE)),
    Said("unit: resume", _replies(_R.RESUME), lambda scene: scene.unit(_R.PAUSE)),
    Said("unit: extend", _replies(_R.EXTEND)),
    Said("unit: report in", _replies(_R.REPORT_IN), _blow_for_lead),
    Said("unit: settled", _replies(_R.MEDIATED, settled=True), _first(_O.MEDIATE)),
    Said("unit: not settled", _replies(_R.MEDIATED, settled=False), _first(_O.MEDIATE)),
    Said("unit: visited", _replies(_R.VISITED)),
    Said("claim", _decides(_O.CLAIM)),
    Said("release", _decides(_O.RELEASE), _first(_O.CLAIM)),
    Said("decide", _decides(_O.DECIDE, category=MATTER, district="heping")),
    Said("decide: invalid", _decides(_O.DECIDE, category="prank")),
    Said("place", _decides(_O.PLACE, district="shenhe")),
    Said("recategorise", _decides(_O.RECATEGORISE, category="noise_business")),
    Said("arbitrate", _decides(_O.ARBITRATE, unit="housing")),
    Said("raise level", _decides(_O.RAISE_LEVEL, level=Level.CITY)),
    Said("add assist", _decides(_O.ADD_ASSIST, unit="ecology")),
    Said("drop assist", _decides(_O.DROP_ASSIST, unit="ecology"), _first(_O.ADD_ASSIST, unit="ecology")),
    Said("transfer", _decides(_O.TRANSFER, platform="119")),
    Said("transfer: taken", _decides(_O.TRANSFER_ANSWER, accepted=True)),
    Said("transfer: refused", _decides(_O.TRANSFER_ANSWER, accepted=False)),
    Said("three way", _decides(_O.THREE_WAY, platform="12345", text="三方通话内容")),
    Said("merge", _into(_O.MERGE)),
    Said("unmerge", _decides(_O.UNMERGE)),
    Said("link", _into(_O.LINK)),
    Said("split", _decides(_O.SPLIT, text="另一件事", category="noise_business")),
    Said("reopen", _decides(_O.REOPEN)),
    Said("withdraw", _decides(_O.WITHDRAW)),
    Said("whistle", _decides(_O.WHISTLE, units=("ecology",))),
    Said("mediate", _decides(_O.MEDIATE)),
    Said("care", _decides(_O.CARE, text="独居老人"), _first(_O.CARE_END)),
    Said("care end", _decides(_O.CARE_END)),
    Said("revisit: satisfied", _decides(_O.REVISIT, **_SATISFIED)),
    Said("revisit: dissatisfied", _decides(_O.REVISIT, **_DISSATISFIED)),
    Said("revisit: no answer", _decides(_O.REVISIT, answered=False)),
    Said("close", _decides(_O.CLOSE)),
    Said("confidential", _decides(_O.CONFIDENTIAL, confidential=True)),
    Said("urge", _decides(_O.URGE)),
    Said("note", _decides(_O.NOTE, text="备注")),
    Said("due: acknowledge", _falls_due(TimerKind.ACKNOWLEDGE)),
    Said("due: first answer", _falls_due(TimerKind.FIRST_ANSWER)),
    Said("due: finish", _falls_due(TimerKind.FINISH)),
    Said("due: lease", _falls_due(TimerKind.LEASE), _first(_O.CLAIM)),
    Said("due: review", _falls_due(TimerKind.REVIEW)),
    Said("due: handover", _falls_due(TimerKind.HANDOVER)),
    Said("due: whistle", _falls_due(TimerKind.WHISTLE), _first(_O.WHISTLE, units=("ecology",))),
    Said("due: rung", _falls_due(TimerKind.RUNG), _first(_O.MEDIATE)),
    Said("due: care", _falls_due(TimerKind.CARE)),
    Said("due: closing", _falls_due(TimerKind.CLOSING)),
    Said("due: archive", _falls_due(TimerKind.ARCHIVE), _first(_O.CARE_END)),
    Said("due: forget", _falls_due(TimerKind.FORGET)),
)
