"""The two desks in memory: calls of their matters, and short ways to speak as channel, matcher and officer."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from domain_world import CHINA, CITY, OFFICE, POLICY, Heard, call

from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.events.lookups import OfLookup
from dispatcher.domain.inbox import Operation, OperatorDecided
from dispatcher.domain.lookups import asking
from dispatcher.domain.lookups.codes import Action, AnswerStatus, ConfirmedBy
from dispatcher.domain.lookups.messages import Hit, LookupActed, LookupAnswered, LookupAsked, LookupMatched
from dispatcher.domain.lookups.records import LookupRecord, Request
from dispatcher.domain.messages import Message
from dispatcher.domain.policy import Policy
from dispatcher.simulate.heard import Spot
from dispatcher.simulate.world import World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: A day in May: no cold, no night.
MAY = datetime(2026, 5, 12, 10, 0, tzinfo=CHINA)

#: What triage takes out of a call, each as the extraction writes it.
PLATE = {"plates": [{"kind": "full", "plate": "辽A12345"}]}
HALF_A_PLATE = {"plates": [{"kind": "part", "prefix": "辽A", "head": "", "tail": "66"}]}
PHONE = {"items": [{"text": "手机", "colour": "黑色", "brand": "华为"}]}
OLD_MAN = {
    "persons": [
        {"relation": "self", "sex": "female"},
        {
            "missing": True,
            "sex": "male",
            "age": {"from": 70, "to": 79},
            "height_cm": [155, 165],
            "clothing": ["黑棉袄"],
            "illness": ["dementia"],
        },
    ]
}
CHILD = {"persons": [{"missing": True, "sex": "female", "age": {"from": 6, "to": 6}}]}


@dataclass
class Desks:
    """One city; `asks` and `events` in the order in which they were written."""

    policy: Policy = POLICY

    def __post_init__(self) -> None:
        self.asks: list[LookupAsked] = []
        self.events: list[Any] = []
        self.said = 0
        self.world = World(CITY, self.policy, on_event=self.events.append, on_ask=self.asks.append)

    # -- who speaks ------------------------------------------------------------------------------------

    def call(
        self,
        category: str,
        *,
        call_id: str = "c-1",
        at: datetime = OFFICE,
        text: str = "一句话",
        extracted: dict[str, Any] | None = None,
        spot: Spot | None = None,
        **fields: Any,
    ) -> str:
        heard = Heard(
            category=category,
            outcome=fields.pop("outcome", ""),
            urgency=fields.pop("urgency", "routine"),
            extracted=extracted or {},
            place=spot or Spot(("shenhe",)),
        )
        case_id = self.world.call(call(call_id, at, text, **fields), heard.classify, at=at.astimezone(UTC))
        assert case_id is not None
        return case_id

    def say(self, message: Message, at: datetime = OFFICE) -> list[Any]:
        """The events that follow from it, without what time has brought until then."""
        self.advance(at)
        before = len(self.events)
        self.world.say(message, at=at.astimezone(UTC))
        return self.events[before:]

    def acts(self, case_id: str, action: Action, *, at: datetime = OFFICE, **more: Any) -> list[Any]:
        return self.say(self.act(case_id, action, **more), at)

    def act(self, case_id: str, action: Action, **more: Any) -> LookupActed:
        self.said += 1
        whole: dict[str, Any] = {
            "message_id": f"m-{self.said}",
            "case_id": case_id,
            "action": action,
            "actor": "D001",
            "role": ActorRole.DESK_OFFICER,
            "reason": "理由",
        }
        return LookupActed(**(whole | more))

    def confirmation(self, case_id: str, other: str) -> LookupActed:
        """The owner names the mark that the finder of `other` has told."""
        return self.act(
            case_id, Action.CONFIRM, candidate=ids.lookup_id(other), by=ConfirmedBy.OWNER, text="壳上刻着银杏叶"
        )

    def decides(self, case_id: str, operation: Operation, *, at: datetime = OFFICE, **more: Any) -> list[Any]:
        self.said += 1
        whole: dict[str, Any] = {
            "message_id": f"m-{self.said}",
            "case_id": case_id,
            "operation": operation,
            "actor": "W001",
            "role": ActorRole.DUTY_LEADER,
            "reason": "理由",
        }
        return self.say(OperatorDecided(**(whole | more)), at)

    def answers(self, case_id: str, database: str, *hits: Hit, at: datetime = OFFICE, **more: Any) -> list[Any]:
        return self.say(self.answer(case_id, database, *hits, **more), at)

    def answer(self, case_id: str, database: str, *hits: Hit, **more: Any) -> LookupAnswered:
        """To the latest question to that database."""
        request = self.lookup(case_id).latest(database)
        whole: dict[str, Any] = {
            "message_id": request.request_id if request is not None else "never-asked",
            "case_id": case_id,
            "lookup_id": ids.lookup_id(case_id),
            "channel": request.channel if request is not None else database,
            "database": database,
            "found": bool(hits),
            "status": AnswerStatus.FOUND if hits else AnswerStatus.NOTHING,
            "hits": hits,
        }
        return LookupAnswered(**(whole | more))

    def matched(self, case_id: str, other: str, score: float = 0.8) -> LookupMatched:
        return LookupMatched(
            message_id=ids.match_id(ids.lookup_id(case_id), ids.lookup_id(other)),
            case_id=case_id,
            lookup_id=ids.lookup_id(case_id),
            other_lookup=ids.lookup_id(other),
            other_case=other,
            score=score,
            reasons=("物品相同",),
            text=self.case(other).text,
        )

    def advance(self, to: datetime) -> list[Any]:
        before = len(self.events)
        self.world.advance(to.astimezone(UTC))
        return self.events[before:]

    # -- what is ---------------------------------------------------------------------------------------

    def case(self, case_id: str) -> CaseRecord:
        return self.world.cases[case_id]

    def lookup(self, case_id: str) -> LookupRecord:
        lookup = self.case(case_id).lookup
        assert lookup is not None
        return lookup

    def latest(self, case_id: str, database: str) -> Request:
        request = self.lookup(case_id).latest(database)
        assert request is not None
        return request

    def question(self, case_id: str) -> str | None:
        return asking.next_question(self.lookup(case_id), self.case(case_id).category, self.policy.desks)

    def asked(self) -> list[str]:
        """The databases of the questions so far."""
        return [one.database for one in self.asks]


def kinds(events: list[Any]) -> list[str]:
    return [event.ce_type.removesuffix(".v1") for event in events]


def of_lookup(events: list[Any]) -> list[str]:
    return kinds([event for event in events if isinstance(event, OfLookup)])


def hit(ref: str = "r-1", score: float = 0.9, text: str = "壳上刻着银杏叶", **more: Any) -> Hit:
    return Hit(ref=ref, text=text, score=score, **more)
