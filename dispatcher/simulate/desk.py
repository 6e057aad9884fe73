"""The two desks: databases that answer, officers who look, confirm, hand over and close, a matcher for what was found.

All shares are proposed here, but for one: 97.6% of the missing are found within a day, as a city has published. What
somebody or something comes to is drawn when its search begins (`Fate`); the databases know of it from that moment on.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.desk_policy import By
from dispatcher.domain.events.lookups import (
    CandidateFound,
    ConfirmationTakenBack,
    LookupConfirmed,
    LookupOpened,
    LookupResumed,
)
from dispatcher.domain.lookups.codes import (
    OPEN,
    Action,
    AnswerStatus,
    CandidateStatus,
    ConfirmedBy,
    LookupStatus,
    Side,
)
from dispatcher.domain.lookups.codes import Desk as Kind
from dispatcher.domain.lookups.messages import Hit, LookupActed, LookupAnswered, LookupAsked, LookupMatched
from dispatcher.domain.lookups.records import Candidate, LookupRecord
from dispatcher.simulate.agenda import Agenda

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

WITHIN_A_DAY: Final = 0.976
"""Of missing people (city)."""

#: How many lost things come to light in a database, by way of travel; for the rest "".
_IN_A_DATABASE: Final = {"taxi": 0.58, "metro": 0.62, "bus": 0.55, "rail": 0.60, "": 0.22}
_FOUND_BY_OWNER, _LEFT_TO_THE_CLOCK = 0.12, 0.02
_PERSON_IN_A_DATABASE: Final = 0.35
#: Where what comes to light does so.
_WHERE: Final[dict[str, dict[str, float]]] = {
    "taxi": {"taxi": 0.85, "bulletins": 0.10, "earlier_records": 0.05},
    "metro": {"metro_bus": 0.90, "bulletins": 0.07, "earlier_records": 0.03},
    "": {"bulletins": 0.60, "earlier_records": 0.40},
    "person": {"rescue_station": 0.34, "hospitals": 0.33, "bulletins": 0.13, "earlier_records": 0.10, "video": 0.10},
}
_DOWN, _MUTE, _SLOW, _RESEMBLES, _MISLEADS = 0.02, 0.005, 0.03, 0.03, 0.01
_FOUND_MATCHES, _RIVAL = 0.45, 0.15
_TRUE: Final = "true"
"""How the name of a finding ends that is what is sought; officers see the difference, the service does not."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What a search comes to: `where` is the database that will hold it, from `at` on; without one `at` is its end."""

    number: int
    at: datetime
    where: str | None = None


class Desk:
    """Both desks of one district. `random`: its own, so that what the desks do changes nothing for units and callers."""

    def __init__(self, agenda: Agenda, random: Random) -> None:
        self._agenda, self._random = agenda, random
        self._fates: dict[str, Fate] = {}
        self._lost: dict[str, None] = {}  # cases of things that are sought, in the order in which they were lost
        self._begun = 0

    # -- what reaches them -----------------------------------------------------------------------------

    def on_ask(self, asked: LookupAsked) -> None:
        """A database has been asked; it is going to answer, or not."""
        random = self._random
        drawn = random.random()
        if drawn < _MUTE:
            return
        database = self._agenda.policy.desks.database(asked.database)
        if database is not None and database.by is By.PERSON:
            self._agenda.later(asked.asked_at + _MINUTE * random.uniform(4, 40), self._look, asked)
            return
        seconds = random.lognormvariate(0.7, 0.8)
        if drawn > 1 - _SLOW:
            seconds += random.uniform(60, 1200)
        status = AnswerStatus.UNAVAILABLE if drawn < _MUTE + _DOWN else AnswerStatus.NOTHING
        self._agenda.later(asked.asked_at + timedelta(seconds=seconds), self._answer, asked, status, seconds)

    def on_event(self, event: Any, case: CaseRecord, at: datetime) -> None:
        """Something has been told of a lookup."""
        lookup = case.lookup
        if lookup is None:
            return
        if isinstance(event, LookupOpened | LookupResumed | ConfirmationTakenBack):
            if lookup.status in OPEN:
                self._begins(case, lookup, at)
        elif isinstance(event, CandidateFound) and not event.candidate.weak:
            wait = self._random.uniform(2, 25)
            self._agenda.later(at + _MINUTE * wait, self._judge, case.case_id, event.candidate.ref)
        elif isinstance(event, LookupConfirmed) and lookup.side is Side.LOST:
            hours = self._random.uniform(1, 48) if lookup.desk is Kind.LOST_ITEM else self._random.uniform(0.3, 4)
            self._agenda.later(at + _HOUR * hours, self._hand_over, case.case_id)
        elif isinstance(event, LookupConfirmed) and event.other_case is None:
            self._agenda.later(at + _HOUR * self._random.uniform(0.3, 24), self._hand_over, case.case_id)

    def forget(self, case: CaseRecord) -> None:
        """The case is over for good."""
        self._fates.pop(ids.lookup_id(case.case_id), None)
        self._lost.pop(case.case_id, None)

    # -- what becomes of it ----------------------------------------------------------------------------

    def _begins(self, case: CaseRecord, lookup: LookupRecord, at: datetime) -> None:
        self._begun += 1
        fate = Fate(self._begun, at)
        if lookup.desk is Kind.MISSING_PERSON:
            fate = self._person(case, fate, at)
        elif lookup.side is Side.FOUND:
            fate = self._found_thing(case, fate, at)
        else:
            fate = self._thing(case, lookup, fate, at)
            self._lost[case.case_id] = None
        self._fates[lookup.lookup_id] = fate
        if lookup.side is Side.LOST:
            self._agenda.later(at + _MINUTE * self._random.uniform(0.5, 4), self._ask_caller, case.case_id)

    def _thing(self, case: CaseRecord, lookup: LookupRecord, fate: Fate, at: datetime) -> Fate:
        random, later = self._random, self._agenda.later
        system = lookup.facts.get("system", "")
        drawn = random.random()
        if drawn < _IN_A_DATABASE[system]:
            since = at if random.random() < 0.55 else at + _HOUR * min(70.0, random.lognormvariate(2.1, 0.9))
            later(since + 3 * _DAY, self._close, case.case_id, fate.number, "三日未查到")
            return replace(fate, at=since, where=self._where(system if system in ("taxi", "") else "metro"))
        if drawn < _IN_A_DATABASE[system] + _FOUND_BY_OWNER:
            later(at + _HOUR * min(48.0, random.expovariate(1 / 6)), self._own, case.case_id, fate.number)
        elif drawn < 1 - _LEFT_TO_THE_CLOCK:
            later(at + _DAY * random.uniform(2, 6), self._close, case.case_id, fate.number, "多次复查未找到")
        return fate

    def _found_thing(self, case: CaseRecord, fate: Fate, at: datetime) -> Fate:
        """Somebody may be looking for it already; else it goes to the lost property office after some weeks."""
        random, later = self._random, self._agenda.later
        later(at + _DAY * random.uniform(10, 28), self._close, case.case_id, fate.number, "无人认领，移交失物招领处")
        if self._lost and random.random() < _FOUND_MATCHES:
            latest = list(self._lost)[-20:]
            later(at + _MINUTE * random.uniform(0.1, 1), self._match, random.choice(latest), case.case_id)
            if random.random() < _RIVAL:
                later(at + _MINUTE * random.uniform(0.1, 1), self._match, random.choice(latest), case.case_id)
        return fate

    def _person(self, case: CaseRecord, fate: Fate, at: datetime) -> Fate:
        random, later = self._random, self._agenda.later
        drawn = random.random()
        if drawn < WITHIN_A_DAY:
            hours = random.lognormvariate(0.8, 1.0)
            if random.random() < _PERSON_IN_A_DATABASE:
                since = at + _HOUR * min(13.0, hours)
                later(since + 9 * _HOUR, self._home, case.case_id, fate.number)
                return replace(fate, at=since, where=self._where("person"))
            later(at + _HOUR * min(23.5, hours), self._home, case.case_id, fate.number)
        elif drawn < (1 + WITHIN_A_DAY) / 2:
            later(at + _DAY * random.uniform(1.05, 20), self._home, case.case_id, fate.number)
        else:  # no clock ever gives a person up: people do, after weeks, and may take it up again
            later(
                at + _DAY * random.uniform(21, 35), self._close, case.case_id, fate.number, "多方查找未果，转长期查找"
            )
        return fate

    def _where(self, kind: str) -> str:
        shares = _WHERE[kind]
        return self._random.choices(list(shares), list(shares.values()))[0]

    # -- databases and the matcher ---------------------------------------------------------------------

    def _answer(self, asked: LookupAsked, status: AnswerStatus, seconds: float) -> None:
        lookup = self._asked(asked)
        if lookup is None:
            return
        hit = self._hit(asked, lookup) if status is AnswerStatus.NOTHING else None
        self._agenda.tell(
            LookupAnswered(
                message_id=asked.request_id,
                case_id=asked.case_id,
                lookup_id=asked.lookup_id,
                channel=asked.channel,
                database=asked.database,
                found=hit is not None,
                status=AnswerStatus.FOUND if hit is not None else status,
                hits=(hit,) if hit is not None else (),
                seconds=round(seconds, 1),
            )
        )
        if status is AnswerStatus.UNAVAILABLE and self._random.random() < 0.3:  # it comes back, and answers late
            late = self._random.uniform(300, 3600)
            at = self._agenda.now + timedelta(seconds=late)
            self._agenda.later(at, self._answer, asked, AnswerStatus.NOTHING, seconds + late)

    def _look(self, asked: LookupAsked) -> None:
        """People look themselves, at video for instance."""
        lookup = self._asked(asked)
        if lookup is None:
            return
        hit = self._hit(asked, lookup)
        more: dict[str, Any] = {"candidate": hit.ref, "text": hit.text} if hit is not None else {}
        self._act(asked.case_id, Action.ANSWER, database=asked.database, found=hit is not None, **more)

    def _asked(self, asked: LookupAsked) -> LookupRecord | None:
        """The lookup that still wants the answer."""
        lookup = self._open(asked.case_id)
        request = lookup.request(asked.request_id) if lookup is not None else None
        return lookup if request is not None else None

    def _hit(self, asked: LookupAsked, lookup: LookupRecord) -> Hit | None:
        fate = self._fates.get(asked.lookup_id)
        ref = f"{asked.database}/{asked.request_id[:8]}"
        if fate is not None and fate.where == asked.database and self._agenda.now >= fate.at:
            known = f"{asked.database}/{fate.number}/{_TRUE}"
            return Hit(ref=known, text=f"记号{asked.text[:6]}", score=round(self._random.uniform(0.55, 0.98), 2))
        drawn = self._random.random()
        if lookup.side is Side.LOST and drawn < _RESEMBLES:
            score = self._random.uniform(0.5, 0.8) if drawn < _MISLEADS else self._random.uniform(0.1, 0.5)
            return Hit(ref=ref, text="样子相近", score=round(score, 2))
        return None

    def _match(self, lost: str, found: str) -> None:
        """The matcher tells both lookups of each other."""
        cases = self._agenda.case(lost), self._agenda.case(found)
        for case, other in (cases, cases[::-1]):
            if case is None or other is None or case.lookup is None or other.lookup is None:
                return
            self._agenda.tell(
                LookupMatched(
                    message_id=ids.match_id(case.lookup.lookup_id, other.lookup.lookup_id),
                    case_id=case.case_id,
                    lookup_id=case.lookup.lookup_id,
                    other_lookup=other.lookup.lookup_id,
                    other_case=other.case_id,
                    score=0.8,
                    reasons=("物品、地点相符",),
                    text=other.text,
                )
            )

    # -- officers --------------------------------------------------------------------------------------

    def _ask_caller(self, case_id: str) -> None:
        """The first questions; not everybody knows the answer."""
        lookup, random = self._open(case_id), self._random
        if lookup is None:
            return
        facts: dict[str, str] = {}
        unknown: tuple[str, ...] = ()
        if lookup.desk is Kind.MISSING_PERSON:
            age = random.choice((6, 11, 16, 35, 68, 74, 79, 83))
            facts = {"age": str(age), "sex": random.choice(("male", "female")), "last_place": "家附近"}
            if random.random() < 0.7:
                facts["name"] = "王某"
            if age > 65 and random.random() < 0.5:
                facts["illness"] = "dementia"
        else:
            facts["item"] = random.choice(("手机", "书包", "钱包", "钥匙", "雨伞", "证件"))
            if lookup.facts.get("system") == "taxi":
                if random.random() < 0.4:
                    facts["plate"] = f"辽A{random.randrange(10_000, 100_000)}"
                else:
                    unknown = ("plate",)
        self._act(case_id, Action.FACTS, facts=facts, unknown=unknown)

    def _judge(self, case_id: str, ref: str) -> None:
        """Look at a candidate: it is the one, or it is not."""
        case, lookup = self._agenda.case(case_id), self._open(case_id)
        candidate = lookup.candidate(ref) if lookup is not None else None
        if case is None or lookup is None or candidate is None or candidate.status is not CandidateStatus.OPEN:
            return
        if candidate.case_id is not None and lookup.side is Side.FOUND:
            return  # the owner is asked for the marks
        if candidate.case_id is None and not ref.endswith(_TRUE):
            self._act(case_id, Action.REJECT, candidate=ref, reason="核对不符")
            return
        self._confirm(case_id, lookup, candidate)

    def _confirm(self, case_id: str, lookup: LookupRecord, candidate: Candidate | None) -> None:
        of_person = lookup.desk is Kind.MISSING_PERSON
        told = "家属已当面辨认" if of_person or candidate is None else candidate.text[-4:]
        by = ConfirmedBy.FAMILY if of_person else ConfirmedBy.OWNER
        ref = candidate.ref if candidate is not None else None
        self._act(case_id, Action.CONFIRM, candidate=ref, by=by, text=told, document=None if of_person else "查验证件")

    def _hand_over(self, case_id: str) -> None:
        case = self._agenda.case(case_id)
        if case is not None and case.lookup is not None and case.lookup.status is LookupStatus.CONFIRMED:
            self._act(case_id, Action.HANDOVER, recipient="失主或家属", document="210100199001010000")

    def _home(self, case_id: str, number: int) -> None:
        """The missing person has come home, or was met by family or police."""
        lookup = self._open(case_id)
        if lookup is not None and self._still(lookup, number):
            self._confirm(case_id, lookup, None)

    def _own(self, case_id: str, number: int) -> None:
        lookup = self._open(case_id)
        if lookup is not None and self._still(lookup, number):
            self._act(case_id, Action.CANCEL, reason="自己找到")

    def _close(self, case_id: str, number: int, reason: str) -> None:
        lookup = self._open(case_id)
        if lookup is not None and self._still(lookup, number):
            self._act(case_id, Action.NOT_FOUND, reason=reason)

    # -- within ----------------------------------------------------------------------------------------

    def _open(self, case_id: str) -> LookupRecord | None:
        case = self._agenda.case(case_id)
        lookup = case.lookup if case is not None else None
        if lookup is None or lookup.status not in OPEN:
            self._lost.pop(case_id, None)
            return None
        return lookup

    def _still(self, lookup: LookupRecord, number: int) -> bool:
        """Whether that is what the search comes to: not one that has begun again since."""
        return self._fates[lookup.lookup_id].number == number

    def _act(self, case_id: str, action: Action, **fields: Any) -> None:
        self._agenda.say(
            LookupActed, case_id=case_id, action=action, actor="D001", role=ActorRole.DESK_OFFICER, **fields
        )
