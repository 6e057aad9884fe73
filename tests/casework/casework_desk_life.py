"""Lives at the two desks: lost and found, missing and found; channels, matcher, people and time in any order."""

from datetime import timedelta
from typing import Any

from casework_life import CALLERS, CASES, ODD, ROLES, WAITS, Life
from casework_lookups import OF_THE_OLD_MAN
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.inbox import Operation
from dispatcher.domain.lookups.acting import ACTIONS
from dispatcher.domain.lookups.codes import Action, AnswerStatus, ConfirmedBy, Mode
from dispatcher.domain.lookups.facts import FACTS
from dispatcher.domain.lookups.messages import Hit, LookupActed, LookupAnswered, LookupMatched
from dispatcher.domain.lookups.records import LookupRecord

#: Matters of the desks, so that a life has some of both sides.
AT_THE_DESKS = (
    ("lost_item_taxi", "手机落在车上，壳上刻着银杏叶"),
    ("found_item", "捡到手机，壳上刻着银杏叶"),
    ("lost_item_taxi", "手机落在车上，壳上贴着小熊猫"),
    ("missing_vulnerable", "老人走失，左手有胎记"),
    ("missing_contact", "捡到一个老人，左手有胎记"),
    ("lost_item_metro", "地铁上丢了书包"),
)
DESK_MATTERS = st.sampled_from(AT_THE_DESKS)
FACT_VALUES = st.dictionaries(
    st.sampled_from([*FACTS, "side", "side"]),
    st.sampled_from(["lost", "found", "辽A12345", "70-79", "walk", "2026-11-24T08:00+08:00", "2号线", ""]),
    max_size=3,
)
SCORES = st.sampled_from([0.1, 0.3, 0.6, 0.9, 1.0])
STATUSES = st.sampled_from([AnswerStatus.FOUND, *AnswerStatus])
REFS = st.sampled_from(["r-1", "r-2", "r-3"])


class DeskLife(Life):
    """All of a life, and the desks."""

    @initialize(thing=st.booleans(), withheld=st.booleans())
    def first_at_the_desk(self, thing: bool, withheld: bool) -> None:
        """Two who miss something, and one who has found it."""
        for number, (category, text) in enumerate(AT_THE_DESKS[:3] if thing else (*AT_THE_DESKS[3:5], AT_THE_DESKS[3])):
            self.rings(category, text, f"1380000001{number}", confidential=withheld and number == 0)

    def rings(self, category: str, text: str, caller: str | None, *, confidential: bool = False) -> None:
        self.calls += 1
        self.world.ring(
            f"c-{self.calls}",
            category,
            at=self.now,
            caller=caller,
            text=text,
            confidential=confidential,
            extracted=OF_THE_OLD_MAN | {"items": [{"text": "手机"}]},
        )

    @precondition(lambda self: self.calls < 6)
    @rule(matter=DESK_MATTERS, caller=CALLERS)
    def call_at_the_desk(self, matter: tuple[str, str], caller: str | None) -> None:
        self.rings(*matter, caller)

    # -- channels and the matcher --------------------------------------------------------------------------

    @precondition(lambda self: self.lookups())
    @rule(
        number=CASES,
        pick=st.integers(0, 6),
        status=STATUSES,
        score=SCORES,
        ref=REFS,
        twice=st.booleans(),
        late=WAITS,
    )
    def channel_answers(
        self, number: int, pick: int, status: AnswerStatus, score: float, ref: str, twice: bool, late: int
    ) -> None:
        case, lookup = self.lookup(number)
        if not lookup.requests:
            return
        request = lookup.requests[-1 - pick % len(lookup.requests)]
        answer = LookupAnswered(
            message_id=request.request_id,
            case_id=case.case_id,
            lookup_id=lookup.lookup_id,
            channel=request.channel,
            database=request.database,
            found=status is AnswerStatus.FOUND,
            status=status,
            hits=(Hit(ref=ref, text="壳上刻着银杏叶", score=score),) if status is AnswerStatus.FOUND else (),
        )
        self.now += timedelta(minutes=min(late, 60))
        for _ in range(1 + twice):
            self.world.say(answer, at=self.now)

    @precondition(lambda self: self.lookups())
    @rule(number=CASES, odd=ODD, second=ODD, score=SCORES, own=st.booleans())
    def odd_answer(self, number: int, odd: str, second: str, score: float, own: bool) -> None:
        """A channel that writes what it likes."""
        case, lookup = self.lookup(number)
        self.world.say(
            LookupAnswered(
                message_id=odd[:40],
                case_id=case.case_id,
                lookup_id=lookup.lookup_id if own else second,
                channel=odd,
                database=second,
                found=own,
                hits=(Hit(ref=(odd or "x")[:200], text=second[:4_000], score=score, reasons=(odd,)),),
                more=3,
                text=second,
            ),
            at=self.now,
        )

    @precondition(lambda self: len(self.lookups()) > 1)
    @rule(number=CASES, other=CASES, score=SCORES, both=st.booleans())
    def matcher_tells(self, number: int, other: int, score: float, both: bool) -> None:
        self.matches(number, other, score, both=both)

    def matches(self, number: int, other: int, score: float, *, both: bool) -> None:
        one, two = self.lookup(number), self.lookup(other)
        if one[0] is two[0] or one[1].side is two[1].side:
            return
        for (case, mine), (their_case, theirs) in ((one, two), (two, one))[: 1 + both]:
            self.world.say(
                LookupMatched(
                    message_id=ids.match_id(mine.lookup_id, theirs.lookup_id),
                    case_id=case.case_id,
                    lookup_id=mine.lookup_id,
                    other_lookup=theirs.lookup_id,
                    other_case=their_case.case_id,
                    score=score,
                    reasons=("物品相同",),
                    text=their_case.text,
                ),
                at=self.now,
            )

    # -- people ------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.lookups())
    @rule(number=CASES, role=ROLES, data=st.data())
    def person_at_the_desk(self, number: int, role: ActorRole, data: st.DataObject) -> None:
        """What may be done about a lookup that stands so, and now and then what may not."""
        case, lookup = self.lookup(number)
        fitting = [action for action, rule_ in ACTIONS.items() if lookup.status in rule_.statuses]
        action = data.draw(st.sampled_from(fitting * 3 + list(Action)))
        role = role if role is not ActorRole.DUTY_LEADER else ActorRole.DESK_OFFICER
        self.acts(case, action, role=role, **data.draw(_wishes(lookup, action)))

    @precondition(lambda self: any(lookup.candidates for _, lookup in self.lookups()))
    @rule(number=CASES, pick=st.integers(0, 6))
    def it_is_not_this_one(self, number: int, pick: int) -> None:
        found = [one for one in self.lookups() if one[1].candidates]
        case, lookup = found[-1 - number % len(found)]
        candidate = lookup.candidates[pick % len(lookup.candidates)]
        self.acts(case, Action.REJECT, candidate=candidate.ref, reason="不是这个")

    @precondition(lambda self: self.lookups())
    @rule(number=CASES, district=st.sampled_from([None, "heping"]), mode=st.sampled_from([None, *Mode]), ago=WAITS)
    def somebody_sees_the_missing(self, number: int, district: str | None, mode: Mode | None, ago: int) -> None:
        case, _ = self.lookup(number)
        seen = self.now - timedelta(minutes=ago)
        self.acts(case, Action.SIGHTING, place="中街", district=district, mode=mode, at=seen)

    @precondition(lambda self: len(self.lookups()) > 1)
    @rule(number=CASES, other=CASES, handed=st.booleans(), by=st.sampled_from(ConfirmedBy))
    def found_each_other(self, number: int, other: int, handed: bool, by: ConfirmedBy) -> None:
        """Matched, confirmed by whoever must, and perhaps handed over: also where another was before."""
        self.matches(number, other, 1.0, both=True)
        case, their = self.lookup(number)[0], self.lookup(other)[1]
        self.acts(case, Action.CONFIRM, candidate=their.lookup_id, by=by, text="银杏叶和胎记", document="2101001234")
        if handed:
            self.acts(case, Action.HANDOVER, recipient="王某", document="2101001234")

    @precondition(lambda self: self.lookups())
    @rule(number=CASES, operation=st.sampled_from([Operation.RECATEGORISE, Operation.WITHDRAW, Operation.REOPEN]))
    def the_case_goes_another_way(self, number: int, operation: Operation) -> None:
        case, _ = self.lookup(number)
        self.world.person_says(case.case_id, operation, at=self.now, category="found_item")

    @precondition(lambda self: self.lookups())
    @rule(number=CASES, action=st.sampled_from(Action), role=ROLES, odd=ODD, second=ODD, minutes=WAITS)
    def odd_person_at_the_desk(
        self, number: int, action: Action, role: ActorRole, odd: str, second: str, minutes: int
    ) -> None:
        case, _ = self.lookup(number)
        self.acts(
            case,
            action,
            message_id=odd[:40],
            actor=odd,
            role=role,
            reason=second,
            database=odd,
            found=bool(minutes % 2),
            text=second,
            facts={odd: second},
            unknown=(odd, second),
            at=self.now + timedelta(minutes=minutes - 60),
            place=odd,
            district=second or None,
            candidate=second,
            recipient=odd,
            document=second,
        )

    def acts(self, case: CaseRecord, action: Action, **fields: Any) -> None:
        message: LookupActed = self.world.act(case.case_id, action, **fields)
        self.world.say(message, at=self.now)

    # -- what is there -------------------------------------------------------------------------------------------

    def lookups(self) -> list[tuple[CaseRecord, LookupRecord]]:
        return [(case, case.lookup) for case in self.cases() if case.lookup is not None]

    def lookup(self, number: int) -> tuple[CaseRecord, LookupRecord]:
        found = self.lookups()
        return found[-1 - number % len(found)]


def _wishes(lookup: LookupRecord, action: Action) -> st.SearchStrategy[dict[str, Any]]:
    """Fields with which the action may be allowed."""
    candidates = [one.ref for one in lookup.candidates]
    some: dict[str, st.SearchStrategy[Any]] = {"reason": st.just("理由")}
    match action:
        case Action.ANSWER:
            some |= {
                "database": st.sampled_from(["video", "taxi", "earlier_records"]),
                "found": st.booleans(),
                "text": st.just("司机说车上有，壳上刻着银杏叶"),
                "candidate": st.sampled_from([None, *candidates]),
            }
        case Action.FACTS:
            some |= {
                "facts": FACT_VALUES,
                "unknown": st.lists(st.sampled_from(list(FACTS)), max_size=2).map(tuple),
            }
        case Action.SIGHTING:
            some |= {
                "place": st.just("中街"),
                "district": st.sampled_from([None, "heping", "xinmin"]),
                "mode": st.sampled_from([None, *Mode]),
            }
        case Action.REJECT:
            some |= {"candidate": st.sampled_from(candidates or ["none"])}
        case Action.CONFIRM:
            some |= {
                "candidate": st.sampled_from([None, *candidates]),
                "by": st.sampled_from(ConfirmedBy),
                "text": st.sampled_from(["刻着银杏叶", "什么也说不出"]),
                "document": st.sampled_from([None, "210100195001010011"]),
            }
        case Action.HANDOVER:
            some |= {"recipient": st.just("王某"), "document": st.just("210100195001010011")}
        case _:
            pass
    return st.fixed_dictionaries(some)
