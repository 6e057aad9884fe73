"""One message of every kind for a case, each with what must be said before it makes sense: the rows of the table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from casework_states import LATER, MATTER, Scene

from dispatcher.domain import ids
from dispatcher.domain.codes import ActorRole, Level, LinkKind, Outcome, Satisfaction, Urgency
from dispatcher.domain.inbox import (
    CaseNotice,
    DeadlineElapsed,
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
