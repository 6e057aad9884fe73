"""How the ``lookup`` commands show a lookup: Chinese names for codes, and nothing of what is confidential."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dispatcher.cli.case_words import quoted
from dispatcher.client.lookup_facts import fact_name, said, sought
from dispatcher.client.lookups import Held, best, due, progress
from dispatcher.console.view import DESKS, HIDDEN, LOOKUPS
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.inbox import TimerKind
from dispatcher.domain.lookups import asking, proof
from dispatcher.domain.lookups.answers import DESK
from dispatcher.domain.lookups.codes import (
    CandidateStatus,
    ConfirmedBy,
    Desk,
    LookupStatus,
    Mode,
    RequestStatus,
)
from dispatcher.domain.lookups.records import Candidate, LookupRecord
from dispatcher.domain.policy import Policy
from dispatcher.domain.timers import Timer
from dispatcher.domain.units import City

REQUESTS = {
    RequestStatus.DEFERRED: "待开放",
    RequestStatus.WAITING: "等待答复",
    RequestStatus.ANSWERED: "已答复",
    RequestStatus.UNAVAILABLE: "暂不可用",
    RequestStatus.SILENT: "未答复",
    RequestStatus.SUPERSEDED: "已改问",
}
CANDIDATES = {CandidateStatus.OPEN: "待核", CandidateStatus.REJECTED: "已排除", CandidateStatus.CONFIRMED: "已确认"}
CONFIRMED_BY = {ConfirmedBy.OWNER: "失主", ConfirmedBy.FAMILY: "家属", ConfirmedBy.OFFICER: "民警或工作人员"}
MODES = {
    Mode.WALK: "步行",
    Mode.BICYCLE: "自行车",
    Mode.BUS: "公交",
    Mode.METRO: "地铁",
    Mode.CAR: "汽车",
    Mode.TRAIN: "火车",
}
TIMERS = {
    TimerKind.LOOKUP_REQUEST: "渠道时限",
    TimerKind.LOOKUP_TURN: "再查各渠道",
    TimerKind.LOOKUP_ESCALATE: "上报",
    TimerKind.LOOKUP_WIDEN: "扩大协查范围",
    TimerKind.LOOKUP_GIVE_UP: "期满结束",
}
#: A candidate that calls nobody by itself.
WEAK = "可能性较低"


def status(of: LookupStatus) -> str:
    """How a lookup stands, in Chinese."""
    return LOOKUPS[of][0]


def lasting(minutes: float) -> str:
    """A length of time in two units at the most: 45分钟, 3小时20分, 2天4小时."""
    minutes = max(0, int(minutes))
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return f"{days}天{hours}小时" if hours else f"{days}天"
    if hours:
        return f"{hours}小时{rest}分" if rest else f"{hours}小时"
    return f"{rest}分钟"


@dataclass(frozen=True, slots=True)
class Shown:
    """Names out of the city's catalog and policy, at a moment."""

    city: City
    policy: Policy
    now: datetime

    def kind(self, lookup: LookupRecord) -> str:
        return DESKS[lookup.desk, lookup.side]

    def when(self, moment: datetime) -> str:
        """Day and minute, in the city's time."""
        return f"{moment.astimezone(CITY_TIME):%m-%d %H:%M}"

    def database(self, code: str) -> str:
        """The Chinese name of a database, or of the desk itself."""
        if code == DESK:
            return "专席登记"
        known = self.policy.desks.database(code)
        return known.name if known is not None else code

    def channel(self, code: str) -> str:
        return self.policy.desks.channels.get(code, code)

    def district(self, code: str | None) -> str:
        return self.city.districts.get(code, code) if code else ""

    def running(self, lookup: LookupRecord) -> str:
        """How long it has run, or ran."""
        return lasting(((lookup.ended_at or self.now) - lookup.opened_at).total_seconds() / 60)

    def sought(self, held: Held) -> str:
        return HIDDEN if held.case.confidential else quoted(sought(held.lookup.facts))

    def fact(self, fact: str, value: str) -> str:
        if fact == "time":
            try:
                return self.when(datetime.fromisoformat(value))
            except ValueError:
                return value
        return self.district(value) if fact == "district" else quoted(said(fact, value))

    def facts(self, facts: Mapping[str, str]) -> str:
        """All of them on one line, each with its name."""
        return "  ".join(f"{fact_name(fact)}:{self.fact(fact, value)}" for fact, value in facts.items())

    def channels(self, lookup: LookupRecord) -> str:
        """Such as ``5/7 未答:医院与120``."""
        known = progress(lookup)
        if not known.asked:
            return "—"
        silent = f" 未答:{'、'.join(self.channel(code) for code in known.silent)}" if known.silent else ""
        return f"{known.answered}/{known.asked}{silent}"

    def best(self, lookup: LookupRecord) -> str:
        found = best(lookup)
        if found is None:
            return "—"
        return f"{found.score:.0%} {self.database(found.database)}{f' {WEAK}' if found.weak else ''}"

    def question(self, held: Held) -> str | None:
        """What to ask the caller next."""
        return asking.next_question(held.lookup, held.case.category, self.policy.desks)

    def questions(self, held: Held) -> list[str]:
        """All that is still open, the next first: each as if those before it had been answered with "nobody knows"."""
        found: list[str] = []
        lookup = held.lookup
        listed = [one for each in self.policy.desks.questions.values() for one in each]
        while (
            ask := asking.next_question(lookup, held.case.category, self.policy.desks)
        ) is not None and ask not in found:
            found.append(ask)
            answered = {one.fact for one in listed if one.ask == ask}
            lookup = lookup.model_copy(update={"unknown": (*lookup.unknown, *sorted(answered))})
        return found

    def due(self, lookup: LookupRecord) -> list[Timer]:
        return due(lookup, self.policy.desks)

    def timer(self, timer: Timer, lookup: LookupRecord) -> str:
        """What falls due, with its database or addressee."""
        told = TIMERS.get(timer.kind, str(timer.kind))
        if timer.kind is TimerKind.LOOKUP_REQUEST and (request := lookup.request(timer.subject)) is not None:
            deferred = request.status is RequestStatus.DEFERRED
            return f"{self.database(request.database)}{'开放后查询' if deferred else '答复时限'}"
        if timer.kind is TimerKind.LOOKUP_ESCALATE:
            return f"{told} {self.policy.desks.escalation[lookup.step].to}"
        if timer.kind is TimerKind.LOOKUP_TURN:
            return f"第{lookup.round + 1}次{told}"
        return told

    def next_due(self, lookup: LookupRecord) -> str:
        timer = next(iter(self.due(lookup)), None)
        return f"{self.when(timer.due_at)} {self.timer(timer, lookup)}" if timer is not None else "—"

    def for_claimant(self, candidate: Candidate, lookup: LookupRecord) -> str:
        """What a claimant may hear of a candidate; nothing of it is the finder's."""
        if lookup.desk is Desk.MISSING_PERSON:
            day = candidate.at.astimezone(CITY_TIME)
            return f"有一条可能相符的线索（{day.month}月{day.day}日），请说出其特征以便核实"
        return proof.for_claimant(candidate, lookup)
