"""The two desks in a story: what databases answer, what people of the desk do, and the matcher between open lookups."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from dispatcher.desks.matcher import Matcher
from dispatcher.desks.scoring import score
from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.desk_policy import DesksPolicy
from dispatcher.domain.errors import CatalogError
from dispatcher.domain.lookups.codes import Action, AnswerStatus, ConfirmedBy, Mode
from dispatcher.domain.lookups.messages import (
    MOST_HITS,
    LookupActed,
    LookupAnswered,
    LookupAsked,
    LookupMatched,
    RawHit,
)
from dispatcher.simulate.moments import moment


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(_Strict):
    """One finding as its database tells it. `times`: so many alike, named ``REF-1``, ``REF-2``, …"""

    ref: str
    text: str
    at: str | None = None
    place: str | None = None
    contact: str | None = None
    sure: bool = False
    times: int = Field(1, ge=1, le=1_000)


class Answer(_Strict):
    """A database answers its latest question, or the one with number `request` (its first is 0). `down`: its adapter
    says that no answer can be had, and `text` why."""

    case: str | None = None
    database: str
    hits: tuple[Finding, ...] = ()
    down: bool = False
    text: str = ""
    request: int | None = None


class DeskAct(_Strict):
    """A person about a lookup; the fields are those of `LookupActed`. `candidate`: a call of the story, or a ref."""

    case: str | None = None
    action: Action
    actor: str = "D001"
    role: ActorRole = ActorRole.DESK_OFFICER
    reason: str = ""
    database: str | None = None
    found: bool | None = None
    text: str = ""
    facts: dict[str, str] = {}
    unknown: tuple[str, ...] = ()
    at: str | None = None
    place: str | None = None
    district: str | None = None
    mode: Mode | None = None
    candidate: str | None = None
    by: ConfirmedBy | None = None
    recipient: str | None = None
    document: str | None = None
    id: str | None = None


def when(written: str, now: datetime) -> datetime:
    """A time as `moment` reads it, or ``-40m``: so long before `now`."""
    if written.startswith("-"):
        return now - (moment(f"+{written[1:]}", now) - now)
    return moment(written, now)


class Desks:
    """What the desk process does beside casework: it keeps the questions asked, and holds lookups against each other."""

    def __init__(self, policy: DesksPolicy) -> None:
        self.asked: list[LookupAsked] = []
        self._matcher = Matcher(policy)
        self._taken: dict[str, CaseRecord] = {}

    def look(self, cases: Mapping[str, CaseRecord]) -> list[LookupMatched]:
        """What the matcher has to say of the cases that have changed since it looked last."""
        said: list[LookupMatched] = []
        for case_id, case in cases.items():
            if self._taken.get(case_id) is not case:
                self._taken[case_id] = case
                said += self._matcher.take(case)
        return said

    def answered(self, answer: Answer, case_id: str, now: datetime) -> LookupAnswered:
        """The answer as its adapter sends it, its findings scored against the question as it was asked."""
        question = self._question(answer, case_id)
        found = [raw for finding in answer.hits for raw in _raw(finding, now)]
        status = AnswerStatus.FOUND if found else AnswerStatus.NOTHING
        return LookupAnswered(
            message_id=question.request_id,
            case_id=case_id,
            lookup_id=question.lookup_id,
            channel=question.channel,
            database=question.database,
            found=bool(found) and not answer.down,
            status=AnswerStatus.UNAVAILABLE if answer.down else status,
            hits=() if answer.down else score(question, found),
            more=0 if answer.down else max(0, len(found) - MOST_HITS),
            seconds=(now - question.asked_at).total_seconds(),
            text=answer.text,
        )

    def _question(self, answer: Answer, case_id: str) -> LookupAsked:
        put = [one for one in self.asked if one.case_id == case_id and one.database == answer.database]
        if answer.request is not None:
            put = [one for one in put if one.number == answer.request]
        if not put:
            which = "" if answer.request is None else f" question {answer.request}"
            raise CatalogError(
                f"{answer.database} answers, but was not asked{which}",
                hint="See which databases fit: policy/desks.yaml",
            )
        return put[-1]


def _raw(finding: Finding, now: datetime) -> list[RawHit]:
    at = when(finding.at, now) if finding.at is not None else None
    refs = [finding.ref] if finding.times == 1 else [f"{finding.ref}-{n}" for n in range(1, finding.times + 1)]
    return [
        RawHit(ref=ref, text=finding.text, at=at, place=finding.place, contact=finding.contact, sure=finding.sure)
        for ref in refs
    ]


def acted(act: DeskAct, message_id: str, case_id: str, cases: Mapping[str, str], now: datetime) -> LookupActed:
    """The person's message. `cases`: a call's id -> case_id."""
    other = cases.get(act.candidate or "")
    return LookupActed(
        message_id=message_id,
        case_id=case_id,
        at=when(act.at, now) if act.at is not None else None,
        candidate=ids.lookup_id(other) if other is not None else act.candidate,
        **act.model_dump(exclude={"case", "id", "at", "candidate"}),
    )
