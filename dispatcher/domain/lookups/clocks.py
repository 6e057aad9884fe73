"""What time does to a lookup: questions that nobody answers, turns of the schedule, escalation, the alert's radius, the end."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.desk_policy import DesksPolicy
from dispatcher.domain.events.lookups import AlertWidened, LookupEscalated, LookupRequested, LookupSilent
from dispatcher.domain.inbox import DeadlineElapsed, TimerKind
from dispatcher.domain.lookups import asking, drafting
from dispatcher.domain.lookups.codes import OPEN, Desk, LookupStatus, RequestStatus, Side
from dispatcher.domain.lookups.facts import bounds
from dispatcher.domain.lookups.reach import is_child, reach
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.domain.work import Draft

_LIVE = frozenset((RequestStatus.WAITING, RequestStatus.DEFERRED))


def timers(lookup: LookupRecord, policy: DesksPolicy) -> Iterator[tuple[datetime, TimerKind, str]]:
    """All that will fall due on the lookup: when, what, of which subject."""
    if lookup.status not in OPEN:
        return
    for request in lookup.requests:
        if request.status in _LIVE:
            yield request.until, TimerKind.LOOKUP_REQUEST, request.request_id
    yield _turn(lookup, policy), TimerKind.LOOKUP_TURN, str(lookup.round)
    days = policy.give_up_days[lookup.desk]
    if days is not None:
        days = policy.give_up_found_days if lookup.side is Side.FOUND else days
        yield _begun(lookup) + timedelta(days=days), TimerKind.LOOKUP_GIVE_UP, ""
    if lookup.desk is Desk.MISSING_PERSON and lookup.side is Side.LOST:
        if lookup.step < len(policy.escalation):
            wait = policy.escalation[lookup.step].after_minutes / (1 + sum(risks(lookup, policy).values()))
            yield lookup.since + timedelta(minutes=round(wait)), TimerKind.LOOKUP_ESCALATE, str(lookup.step)
        steps = policy.alert_km["child" if is_child(lookup.facts, policy) else "other"]
        if lookup.widened < len(steps):
            yield (
                lookup.since + timedelta(hours=steps[lookup.widened].from_hours),
                TimerKind.LOOKUP_WIDEN,
                str(lookup.widened),
            )


def _begun(lookup: LookupRecord) -> datetime:
    """Since when it is searched without a break: what was taken up again has its whole time once more."""
    return lookup.resumed_at or lookup.opened_at


def _turn(lookup: LookupRecord, policy: DesksPolicy) -> datetime:
    """When the channels are asked again: by the schedule, then after its last interval for ever."""
    minutes = policy.reask_minutes[lookup.desk]
    if lookup.round < len(minutes):
        return _begun(lookup) + timedelta(minutes=minutes[lookup.round])
    interval = minutes[-1] - minutes[-2] if len(minutes) > 1 else minutes[-1]
    return _begun(lookup) + timedelta(minutes=minutes[-1] + interval * (lookup.round - len(minutes) + 1))


def risks(lookup: LookupRecord, policy: DesksPolicy) -> dict[str, float]:
    """What makes it more urgent that a person is found, and by how much. Of the cold and the night it is the moment of the
    disappearance that counts: it is known, and the same in every replay."""
    facts, since = lookup.facts, lookup.since.astimezone(CITY_TIME)
    age = bounds(facts.get("age", ""))
    dark_from, dark_until = (time.fromisoformat(clock) for clock in policy.night)
    found = {
        "child": is_child(facts, policy),
        "elder": age is not None and age[1] >= policy.elder_from,
        "illness": "illness" in facts,
        "cold": since.month in policy.cold_months,
        "night": since.time() >= dark_from or since.time() < dark_until,
        "weather": "weather" in facts,
    }
    return {risk: policy.risks[risk] for risk, applies in found.items() if applies}


def request_over(draft: Draft, elapsed: DeadlineElapsed) -> None:
    """A question put off goes out now; one that waited has met silence."""
    lookup, context = drafting.current(draft), draft.context
    request = lookup.request(elapsed.subject)
    if request is None:
        return
    if request.status is RequestStatus.DEFERRED:
        put = asking.sent(lookup, request, context.at, context.policy.desks)
        changed = lookup.with_request(put)
        draft.update(lookup=changed)
        drafting.send(draft, changed, [put.request_id])
        drafting.say(draft, LookupRequested, "渠道已上班，发出查询", requests=(put,), round=changed.round)
        return
    draft.update(lookup=lookup.with_request(request.model_copy(update={"status": RequestStatus.SILENT})))
    database = context.policy.desks.database(request.database)
    drafting.say(
        draft,
        LookupSilent,
        f"{database.name if database is not None else request.database}未在时限内答复",
        request_id=request.request_id,
        channel=request.channel,
        database=request.database,
    )


def turn(draft: Draft, _elapsed: DeadlineElapsed) -> None:
    """The schedule's next turn: all machines that fit are asked again."""
    lookup = drafting.current(draft)
    drafting.change(draft, round=lookup.round + 1)
    reason = f"第{lookup.round + 1}次复查"
    if not drafting.ask(draft, reason, again=True, machines_only=True):
        drafting.say(draft, LookupRequested, f"{reason}：各渠道均在查询中", requests=(), round=lookup.round + 1)


def escalate(draft: Draft, _elapsed: DeadlineElapsed) -> None:
    """Not found for so long: the next one up is told."""
    lookup, policy = drafting.current(draft), draft.context.policy.desks
    step = policy.escalation[lookup.step]
    known = risks(lookup, policy)
    minutes = int((draft.context.at - lookup.since).total_seconds() // 60)
    drafting.change(draft, step=lookup.step + 1)
    why = "、".join(_RISK_NAMES[risk] for risk in known)
    drafting.say(
        draft,
        LookupEscalated,
        f"失联{minutes}分钟未找到" + (f"（{why}）" if why else ""),
        addressee=step.to,
        step=lookup.step,
        minutes=minutes,
        risks=tuple(known),
    )


def widen(draft: Draft, _elapsed: DeadlineElapsed) -> None:
    """The alert goes to a wider circle."""
    lookup, context = drafting.current(draft), draft.context
    policy = context.policy.desks
    steps = policy.alert_km["child" if is_child(lookup.facts, policy) else "other"]
    hours = (context.at - lookup.since).total_seconds() / 3600
    passed = sum(step.from_hours <= hours for step in steps)  # one told late goes to its circle of now at once
    changed = drafting.change(draft, widened=max(lookup.widened + 1, passed))
    area = reach(changed, context.at, policy)
    drafting.say(draft, AlertWidened, f"协查范围{area.alert_km:g}公里", reach=area)


def give_up(draft: Draft, _elapsed: DeadlineElapsed) -> None:
    """Long enough: what was not found by now is not searched any more by itself."""
    drafting.end(draft, LookupStatus.NOT_FOUND, "查找期满未找到", at=draft.context.at)


_RISK_NAMES = {
    "child": "儿童",
    "elder": "老人",
    "illness": "患病",
    "cold": "严寒季节",
    "night": "夜间",
    "weather": "恶劣天气",
}
