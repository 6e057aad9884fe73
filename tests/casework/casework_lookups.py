"""Every status of a lookup, reached by what callers, channels, matcher and people say, and all that can be said to one.

Somebody misses an old man; beside that case stands another, of who has found one, whose lookup is the counterpart's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from casework_sayings import Said
from casework_states import CALLER, Scene
from casework_world import OFFICE

from dispatcher.domain import ids
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole, CaseStatus
from dispatcher.domain.inbox import DeadlineElapsed, Operation, ReplyAction, TimerKind
from dispatcher.domain.lookups.codes import Action, AnswerStatus, ConfirmedBy, LookupStatus, Notice, RequestStatus
from dispatcher.domain.lookups.messages import Hit, LookupAnswered, LookupMatched, LookupTold
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.domain.messages import Message
from dispatcher.domain.timers import timers

#: The channels' questions still wait then.
SOON = OFFICE + timedelta(minutes=1)
OF_THE_OLD_MAN = {"persons": [{"missing": True, "sex": "male", "age": {"from": 78, "to": 78}}]}
WEAK, STRONG = 0.3, 0.9


class LookupScene(Scene):
    """The old man's case ``c-1`` at the desk, and ``c-9`` that has found one."""

    @property
    def lookup(self) -> LookupRecord | None:
        return self.case.lookup if self.case is not None else None

    def act(self, action: Action, **more: Any) -> None:
        self.world.acts(self.case_id, action, at=SOON, **more)

    def decides(self, operation: Operation, **more: Any) -> None:
        self.world.person_says(self.case_id, operation, at=SOON, **more)


def other_lookup(scene: Scene) -> str:
    return ids.lookup_id(scene.other)


# -- how it comes to stand so --------------------------------------------------------------------------------------


def _beside() -> LookupScene:
    scene = LookupScene()
    scene.world.ring("c-9", "missing_contact", at=OFFICE, caller="13800000009", text="捡到一个老人")
    return scene


def _bare() -> LookupScene:
    scene = _beside()
    scene.world.ring("c-1", "noise_business", at=OFFICE, caller=CALLER)
    return scene


def _searching() -> LookupScene:
    scene = _beside()
    scene.world.ring("c-1", "missing_vulnerable", at=OFFICE, caller=CALLER, extracted=OF_THE_OLD_MAN)
    return scene


def _candidate() -> LookupScene:
    scene = _searching()
    scene.world.say(_matched(STRONG)(scene), at=SOON)
    return scene


def _confirmed() -> LookupScene:
    scene = _candidate()
    scene.act(Action.CONFIRM, candidate=other_lookup(scene), by=ConfirmedBy.FAMILY, text="家属辨认无误")
    return scene


def _handed_over() -> LookupScene:
    scene = _confirmed()
    scene.act(Action.HANDOVER, recipient="王某", document="210100195001010011")
    return scene


def _not_found() -> LookupScene:
    scene = _searching()
    scene.act(Action.NOT_FOUND)
    return scene


def _cancelled() -> LookupScene:
    scene = _searching()
    scene.act(Action.CANCEL)
    return scene


def _taken_along() -> LookupScene:
    scene = _searching()
    scene.decides(Operation.MERGE, other=scene.other)
    return scene


def _closed() -> LookupScene:
    """Units are through with it, the desk is not."""
    scene = _searching()
    scene.world.unit_says(scene.case_id, ReplyAction.FINISH, at=SOON)
    scene.decides(Operation.CLOSE)
    return scene


def _archived() -> LookupScene:
    scene = _closed()
    scene.act(Action.NOT_FOUND)
    scene.world.advance(SOON + timedelta(days=scene.world.policy.casework.archive_days))
    return scene


def _linked() -> LookupScene:
    scene = _searching()
    scene.world.ring("c-2", "missing_vulnerable", at=SOON + timedelta(minutes=20), caller=CALLER)
    scene.case_id = ids.case_id("c-2")
    return scene


def _thing() -> LookupScene:
    """Nobody is missed, but a thing: it is given up some day."""
    scene = _beside()
    scene.world.ring("c-1", "lost_item_taxi", at=OFFICE, caller=CALLER, extracted={"items": [{"text": "手机"}]})
    return scene


@dataclass(frozen=True)
class LookupStanding:
    """A column of the table. `case`: how the case itself stands; `status`: its lookup, None where there is none."""

    name: str
    case: CaseStatus | None
    status: LookupStatus | None
    reach: Callable[[], LookupScene]


_S, _C = LookupStatus, CaseStatus
LOOKUP_STANDINGS = (
    LookupStanding("none", None, None, _beside),
    LookupStanding("bare", _C.DISPATCHED, None, _bare),
    LookupStanding("sea", _C.DISPATCHED, _S.SEARCHING, _searching),
    LookupStanding("can", _C.DISPATCHED, _S.CANDIDATE, _candidate),
    LookupStanding("itm", _C.DISPATCHED, _S.SEARCHING, _thing),
    LookupStanding("con", _C.DISPATCHED, _S.CONFIRMED, _confirmed),
    LookupStanding("han", _C.DISPATCHED, _S.HANDED_OVER, _handed_over),
    LookupStanding("nof", _C.DISPATCHED, _S.NOT_FOUND, _not_found),
    LookupStanding("cnc", _C.DISPATCHED, _S.CANCELLED, _cancelled),
    LookupStanding("tak", _C.MERGED, _S.CANCELLED, _taken_along),
    LookupStanding("clo", _C.CLOSED, _S.SEARCHING, _closed),
    LookupStanding("arc", _C.ARCHIVED, None, _archived),
    LookupStanding("lin", _C.LINKED, None, _linked),
)


# -- what is said ----------------------------------------------------------------------------------------------------


def waiting(scene: Scene, database: str = "earlier_records") -> str:
    """The id of the question that a database has not answered."""
    lookup = scene.case.lookup if scene.case is not None else None
    found = lookup.latest(database) if lookup is not None else None
    return found.request_id if found is not None else "none"


def _answers(status: AnswerStatus, score: float = STRONG, *, own: bool = True, known: bool = True) -> Any:
    def make(scene: Scene) -> Message:
        found = status is AnswerStatus.FOUND
        return LookupAnswered(
            message_id=waiting(scene) if known else "never-asked",
            case_id=scene.case_id,
            lookup_id=ids.lookup_id(scene.case_id) if own else "another",
            channel="earlier_records",
            database="earlier_records",
            found=found,
            status=status,
            hits=(Hit(ref="r-1", text="老人在救助站", score=score, reasons=("年龄相符",)),) if found else (),
        )

    return make


def _matched(score: float) -> Callable[[Scene], Message]:
    return lambda scene: LookupMatched(
        message_id=ids.match_id(ids.lookup_id(scene.case_id), other_lookup(scene)),
        case_id=scene.case_id,
        lookup_id=ids.lookup_id(scene.case_id),
        other_lookup=other_lookup(scene),
        other_case=scene.other,
        score=score,
        reasons=("年龄相符",),
        text="捡到一个老人",
    )


def told(scene: Scene, notice: Notice, **more: Any) -> LookupTold:
    """What the counterpart's lookup says."""
    whole: dict[str, Any] = {
        "message_id": f"told/{notice}",
        "case_id": scene.case_id,
        "notice": notice,
        "other_case": scene.other,
        "other_lookup": other_lookup(scene),
        "actor": "D002",
        "role": ActorRole.DESK_OFFICER,
        "by": ConfirmedBy.FAMILY,
    }
    return LookupTold(**(whole | more))


def _tells(notice: Notice, **more: Any) -> Callable[[Scene], Message]:
    return lambda scene: told(scene, notice, **more)


def _acts(action: Action, **more: Any) -> Callable[[Scene], Message]:
    return lambda scene: scene.world.act(scene.case_id, action, **more)


def _about_other(action: Action, **more: Any) -> Callable[[Scene], Message]:
    return lambda scene: scene.world.act(scene.case_id, action, candidate=other_lookup(scene), **more)


def _falls_due(kind: TimerKind) -> Callable[[Scene], Message]:
    def make(scene: Scene) -> Message:
        running = timers(scene.case, scene.world.policy) if scene.case is not None else ()
        due_at, subject = next(((t.due_at, t.subject) for t in running if t.kind is kind), (SOON, "over"))
        return DeadlineElapsed(case_id=scene.case_id, kind=kind, subject=subject, due_at=due_at)

    return make


_A, _N = Action, AnswerStatus
LOOKUP_SAYINGS = (
    Said("answered: found", _answers(_N.FOUND)),
    Said("answered: found, unlike", _answers(_N.FOUND, WEAK)),
    Said("answered: nothing", _answers(_N.NOTHING)),
    Said("answered: unavailable", _answers(_N.UNAVAILABLE)),
    Said("answered: never asked", _answers(_N.FOUND, known=False)),
    Said("answered: another's", _answers(_N.FOUND, own=False)),
    Said("matched", _matched(STRONG)),
    Said("matched: unlike", _matched(WEAK)),
    Said("matched: too unlike", _matched(0.1)),
    Said("told: confirmed", _tells(Notice.CONFIRMED)),
    Said("told: by a rival", _tells(Notice.CONFIRMED, other_case="rival", other_lookup="rival")),
    Said("told: agreed", _tells(Notice.AGREED)),
    Said("told: refused", _tells(Notice.REFUSED)),
    Said("told: parted", _tells(Notice.PARTED)),
    Said("told: handed over", _tells(Notice.HANDED_OVER, receipt="r-9")),
    Said("answer: found", _acts(_A.ANSWER, database="video", found=True, text="监控中见到")),
    Said("answer: nothing", _acts(_A.ANSWER, database="video", found=False)),
    Said("facts", _acts(_A.FACTS, facts={"name": "王某"})),
    Said("facts: not known", _acts(_A.FACTS, unknown=("name",))),
    Said("sighting", _acts(_A.SIGHTING, place="中街", at=SOON)),
    Said("reject", _about_other(_A.REJECT)),
    Said("confirm", _about_other(_A.CONFIRM, by=ConfirmedBy.FAMILY, text="家属辨认无误")),
    Said("confirm: at home", _acts(_A.CONFIRM, by=ConfirmedBy.FAMILY, text="自己回家了")),
    Said("hand over", _acts(_A.HANDOVER, recipient="王某", document="210100195001010011")),
    Said("not found", _acts(_A.NOT_FOUND)),
    Said("cancel", _acts(_A.CANCEL)),
    Said("resume", _acts(_A.RESUME)),
    Said("due: question", _falls_due(TimerKind.LOOKUP_REQUEST)),
    Said("due: turn", _falls_due(TimerKind.LOOKUP_TURN)),
    Said("due: escalation", _falls_due(TimerKind.LOOKUP_ESCALATE)),
    Said("due: wider", _falls_due(TimerKind.LOOKUP_WIDEN)),
    Said("due: give up", _falls_due(TimerKind.LOOKUP_GIVE_UP)),
)


def lookup_status(case: CaseRecord | None) -> LookupStatus | None:
    return case.lookup.status if case is not None and case.lookup is not None else None


def open_requests(lookup: LookupRecord) -> list[str]:
    """The databases whose answer is waited for, or whose question is put off."""
    live = (RequestStatus.WAITING, RequestStatus.DEFERRED)
    return [one.database for one in lookup.requests if one.status in live]
