"""What happens when time has passed: one function a kind of timer, in the table `ELAPSED`.

A message about a timer that no longer stands changes nothing and is not even worth an event: the case has moved on, or a
crash made the clock say it twice. One that comes before its time is forged, and the ledger says so.
"""

from collections.abc import Callable
from datetime import timedelta

from dispatcher.domain import clocks, ends, ladder, leading
from dispatcher.domain.cases import CaseRecord, OrderState
from dispatcher.domain.codes import ActorRole, CaseStatus, ClosedAs, Mark, Role
from dispatcher.domain.entries import Context
from dispatcher.domain.events import (
    AnswerOverdue,
    CardIssued,
    CareMissed,
    CaseArchived,
    HandedOver,
    NoticeKind,
    ReminderSent,
    ReviewReleased,
    ReviewWaiting,
    WhistleMissed,
)
from dispatcher.domain.inbox import DeadlineElapsed, TimerKind
from dispatcher.domain.lookups import clocks as lookup_clocks
from dispatcher.domain.refusals import Code, Refusal
from dispatcher.domain.routing import Assignment
from dispatcher.domain.timers import Timer, timers
from dispatcher.domain.work import NOTHING, Draft, Work, no_case, rejected

Fall = Callable[[Draft, DeadlineElapsed], None]


def on_deadline_elapsed(case: CaseRecord | None, elapsed: DeadlineElapsed, context: Context) -> Work:
    """Something has fallen due."""
    if case is None:
        return no_case(elapsed.case_id, hint="The case has been archived")
    if Timer(elapsed.due_at, elapsed.kind, elapsed.subject) not in set(timers(case, context.policy)):
        return NOTHING
    if context.at < elapsed.due_at:
        early = Refusal(Code.EARLY, f"{elapsed.kind}尚未到期")
        return rejected(case, elapsed, early, context, actor=None, role=ActorRole.SYSTEM)
    draft = Draft(case, context)
    ELAPSED[elapsed.kind](draft, elapsed)
    return Work(forgotten=True) if elapsed.kind is TimerKind.FORGET else draft.work()


# -- clocks --------------------------------------------------------------------------------------------------


def _acknowledge(draft: Draft, elapsed: DeadlineElapsed) -> None:
    order_id, _, mark = elapsed.subject.partition(":")
    order = draft.case.order(order_id)
    if order is None or order.acknowledge is None:
        return
    fired = order.model_copy(update={"acknowledge": clocks.fire(order.acknowledge, Mark(mark))})
    draft.case = draft.case.with_order(fired)
    _mark(draft, Mark(mark), order.acknowledge, order)


def _finish(draft: Draft, elapsed: DeadlineElapsed) -> None:
    finish = draft.case.finish
    if finish is None:
        return
    draft.update(finish=clocks.fire(finish, Mark(elapsed.subject)))
    _mark(draft, Mark(elapsed.subject), finish, draft.case.lead_order)


def _mark(draft: Draft, mark: Mark, clock: clocks.RunningClock, order: OrderState | None) -> None:
    """A reminder to the clerk, then cards to rising addressees; a card stays with the unit that leads now (rule 9.3)."""
    addressee = draft.context.policy.casework.cards[mark].to
    unit = order.agency if order is not None else (draft.case.lead or draft.context.policy.routing.no_place_unit)
    name = clocks.CLOCK_NAMES[clock.clock]
    fields = {
        "clock": clock.clock,
        "order_id": order.order_id if order is not None else None,
        "agency": unit,
        "addressee": addressee,
        "due_at": clock.due_at,
    }
    if mark is Mark.REMINDER:
        reason = f"{name}时限将到：{clock.why}"
        draft.say(ReminderSent, reason, rule="9.3", **fields)
        kind = NoticeKind.REMINDER
    else:
        reason = f"{name}{_CARD[mark]}：{clock.why}"
        draft.update(cards=(*draft.case.cards, (mark, unit)))
        draft.say(CardIssued, reason, rule="9.3", card=mark, **fields)
        kind = NoticeKind.CARD
    if order is not None:
        draft.notify(order, kind, reason)


_CARD = {Mark.BLUE: "到期，蓝牌", Mark.YELLOW: "逾期过半，黄牌", Mark.RED: "逾期一倍，红牌"}


def _first_answer(draft: Draft, elapsed: DeadlineElapsed) -> None:
    order = draft.case.order(elapsed.subject)
    if order is None or order.first_answer is None:
        return
    draft.case = draft.case.with_order(
        order.model_copy(update={"first_answer": clocks.fire(order.first_answer, Mark.BLUE)})
    )
    draft.say(
        AnswerOverdue,
        f"首次答复逾期：{order.first_answer.why}",
        rule="9.1",
        order_id=order.order_id,
        agency=order.agency,
        due_at=elapsed.due_at,
    )
    draft.notify(order, NoticeKind.REMINDER, "首次答复逾期")


# -- people who wait or do not come ------------------------------------------------------------------------------


def _lease(draft: Draft, _elapsed: DeadlineElapsed) -> None:
    by = draft.case.claim.by if draft.case.claim else ""
    draft.update(claim=None, review_since=draft.context.at, review_reminded=False)
    draft.say(ReviewReleased, f"{by}领取后未研判，超时释放", rule="1", expired=True)


def _review(draft: Draft, _elapsed: DeadlineElapsed) -> None:
    draft.update(review_reminded=True)
    minutes = draft.context.policy.casework.review_reminder_minutes
    draft.say(ReviewWaiting, f"待研判已{minutes}分钟无人领取，提醒值班长", rule="1", minutes=minutes)


def _whistle(draft: Draft, elapsed: DeadlineElapsed) -> None:
    for whistle in draft.case.whistles:
        if whistle.whistle_id == elapsed.subject:
            draft.update(whistles=tuple(one for one in draft.case.whistles if one != whistle))
            draft.say(WhistleMissed, "吹哨后未按时报到", rule="3", units=whistle.missing)


def _care(draft: Draft, elapsed: DeadlineElapsed) -> None:
    care = draft.case.care
    if care is None:
        return
    until = elapsed.due_at + timedelta(days=draft.context.policy.casework.care_days)
    draft.update(care=care.model_copy(update={"until": until, "round": care.round + 1}))
    draft.say(CareMissed, "应走访而未走访", rule="9.14", who=care.who, until=elapsed.due_at)


# -- who leads, and the end ----------------------------------------------------------------------------------------


def _handover(draft: Draft, elapsed: DeadlineElapsed) -> None:
    """The owner's working time has begun: it takes over (rule 9.6)."""
    order = draft.case.order(elapsed.subject)
    if order is None or order.covers_for is None:
        return
    before, status = draft.case.lead, draft.case.status
    owner = Assignment(order.covers_for, Role.LEAD)
    why = f"{draft.context.city.unit_name(order.covers_for)}已上班，由其接办"
    orders = leading.relead(draft, leading.with_lead(draft.case, owner, draft.context), why)
    if status in (CaseStatus.CONFERENCE, CaseStatus.REVIEW):
        draft.update(status=status)
    draft.say(HandedOver, why, rule="9.6", before_lead=before, orders=orders, routing=why)


def _rung(draft: Draft, _elapsed: DeadlineElapsed) -> None:
    """An overdue rung climbs by itself, and its unit gets the blue card (rule 9.9)."""
    standing = draft.case.mediation
    if standing is None:
        return
    draft.update(cards=(*draft.case.cards, (Mark.BLUE, standing.unit)))
    draft.say(
        CardIssued,
        f"{standing.rung}调解逾期",
        rule="9.9",
        card=Mark.BLUE,
        clock=None,
        order_id=None,
        agency=standing.unit,
        addressee=draft.context.policy.casework.cards[Mark.BLUE].to,
        due_at=standing.until,
    )
    ladder.climb(draft, how="overdue", reason=f"{standing.rung}调解逾期，自动上一层")


def _closing(draft: Draft, _elapsed: DeadlineElapsed) -> None:
    ends.close(draft, ClosedAs.NOT_REVISITED, "办结后期满无异议，销号", rule="9.10")


def _archive(draft: Draft, _elapsed: DeadlineElapsed) -> None:
    """The case leaves the working state; what stays is a guard of its call_id, as long as that call could come again."""
    case = draft.case
    draft.update(status=CaseStatus.ARCHIVED)
    draft.say(CaseArchived, "结案期满，归档", rule="3")
    draft.case = CaseRecord(
        case_id=case.case_id,
        call_id=case.call_id,
        fingerprint=case.fingerprint,
        status=CaseStatus.ARCHIVED,
        ended_at=case.ended_at,
        heard=case.heard,
    )


def _forget(_draft: Draft, _elapsed: DeadlineElapsed) -> None:
    """No call is taken any more that is as old as this one: its guard may go."""


#: The whole of what time does: timer -> function.
ELAPSED: dict[TimerKind, Fall] = {
    TimerKind.ACKNOWLEDGE: _acknowledge,
    TimerKind.FIRST_ANSWER: _first_answer,
    TimerKind.FINISH: _finish,
    TimerKind.LEASE: _lease,
    TimerKind.REVIEW: _review,
    TimerKind.HANDOVER: _handover,
    TimerKind.WHISTLE: _whistle,
    TimerKind.RUNG: _rung,
    TimerKind.CARE: _care,
    TimerKind.CLOSING: _closing,
    TimerKind.ARCHIVE: _archive,
    TimerKind.FORGET: _forget,
    TimerKind.LOOKUP_REQUEST: lookup_clocks.request_over,
    TimerKind.LOOKUP_TURN: lookup_clocks.turn,
    TimerKind.LOOKUP_ESCALATE: lookup_clocks.escalate,
    TimerKind.LOOKUP_WIDEN: lookup_clocks.widen,
    TimerKind.LOOKUP_GIVE_UP: lookup_clocks.give_up,
}
