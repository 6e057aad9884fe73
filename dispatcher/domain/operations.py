"""Which person may do what, while a case stands how, and what must be said with it.

The table `OPERATIONS` is the whole of it; the functions behind it are in `deciding` (what a case is and who leads it) and
`handling` (how it goes on and ends).
"""

from collections.abc import Callable
from dataclasses import dataclass

from dispatcher.domain import deciding, handling
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ACTIVE, DANGER, GUARDS, ActorRole, CaseStatus, Urgency
from dispatcher.domain.entries import Context
from dispatcher.domain.inbox import Operation, OperatorDecided
from dispatcher.domain.refusals import Code, Refusal
from dispatcher.domain.units import City
from dispatcher.domain.work import Draft, Work, no_case, rejected

Act = Callable[[Draft, OperatorDecided], None]

_LEADERS = frozenset((ActorRole.DUTY_LEADER, ActorRole.ADMINISTRATOR))
_HALL = _LEADERS | {ActorRole.CALL_TAKER}
_ALL = frozenset(ActorRole) - {ActorRole.AUDITOR, ActorRole.SYSTEM}

_REVIEW = frozenset((CaseStatus.REVIEW,))
_CONFERENCE = frozenset((CaseStatus.CONFERENCE,))
_DONE = frozenset((CaseStatus.DONE,))
_UNSETTLED = ACTIVE | _REVIEW
_LIVE = _UNSETTLED | _DONE
_ENDED = frozenset((CaseStatus.DONE, CaseStatus.CLOSED, CaseStatus.TRANSFERRED, CaseStatus.INVALID))
_ANY = frozenset(CaseStatus) - GUARDS


@dataclass(frozen=True, slots=True)
class OperationRule:
    """`needs`: fields of the message that must be set."""

    act: Act
    statuses: frozenset[CaseStatus]
    roles: frozenset[ActorRole]
    needs: tuple[str, ...] = ()


#: operation -> when, by whom, with what
OPERATIONS: dict[Operation, OperationRule] = {
    Operation.CLAIM: OperationRule(deciding.claim, _REVIEW, _HALL),
    Operation.RELEASE: OperationRule(deciding.release, _REVIEW, _HALL),
    Operation.DECIDE: OperationRule(deciding.decide, _REVIEW, _HALL, ("category", "reason")),
    Operation.PLACE: OperationRule(deciding.place, _UNSETTLED, _HALL, ("district",)),
    Operation.RECATEGORISE: OperationRule(deciding.recategorise, ACTIVE, _HALL, ("category", "reason")),
    Operation.ARBITRATE: OperationRule(deciding.arbitrate, _CONFERENCE, _LEADERS, ("unit", "reason")),
    Operation.RAISE_LEVEL: OperationRule(deciding.raise_level, ACTIVE, _HALL, ("level", "reason")),
    Operation.ADD_ASSIST: OperationRule(deciding.add_assist, ACTIVE, _HALL | {ActorRole.UNIT_CLERK}, ("unit",)),
    Operation.DROP_ASSIST: OperationRule(deciding.drop_assist, ACTIVE, _HALL, ("unit", "reason")),
    Operation.TRANSFER: OperationRule(deciding.transfer, _UNSETTLED, _HALL, ("platform", "reason")),
    Operation.TRANSFER_ANSWER: OperationRule(
        deciding.transfer_answer, ACTIVE | {CaseStatus.TRANSFERRED}, _HALL, ("accepted",)
    ),
    Operation.THREE_WAY: OperationRule(handling.three_way, _UNSETTLED, _HALL, ("platform", "text")),
    Operation.MERGE: OperationRule(handling.merge, _UNSETTLED, _LEADERS, ("other", "reason")),
    Operation.UNMERGE: OperationRule(handling.unmerge, frozenset((CaseStatus.MERGED,)), _LEADERS, ("reason",)),
    Operation.LINK: OperationRule(handling.link, _ANY, _HALL, ("other",)),
    Operation.SPLIT: OperationRule(handling.split, _LIVE, _LEADERS, ("text", "category", "reason")),
    Operation.REOPEN: OperationRule(handling.reopen, _ENDED, _HALL, ("reason",)),
    Operation.WITHDRAW: OperationRule(handling.withdraw, _UNSETTLED, _HALL, ("reason",)),
    Operation.WHISTLE: OperationRule(handling.whistle, ACTIVE, _LEADERS, ("units",)),
    Operation.MEDIATE: OperationRule(handling.mediate, ACTIVE, _HALL | {ActorRole.MEDIATOR}),
    Operation.CARE: OperationRule(handling.care, _LIVE, _HALL | {ActorRole.GRID_WORKER}, ("text",)),
    Operation.CARE_END: OperationRule(handling.care_end, _ANY, _HALL | {ActorRole.GRID_WORKER}, ("reason",)),
    Operation.REVISIT: OperationRule(handling.revisit, _DONE, _HALL, ("answered",)),
    Operation.CLOSE: OperationRule(handling.close, _DONE, _LEADERS, ("reason",)),
    Operation.CONFIDENTIAL: OperationRule(handling.confidential, _ANY, _LEADERS, ("confidential", "reason")),
    Operation.URGE: OperationRule(handling.urge, ACTIVE, _HALL),
    Operation.NOTE: OperationRule(handling.note, _ANY, _ALL, ("text",)),
}


def on_operator_decided(case: CaseRecord | None, decision: OperatorDecided, context: Context) -> Work:
    """A person's decision about a case."""
    if case is None:
        return no_case(decision.case_id)
    try:
        rule = OPERATIONS[decision.operation]
        _check(case, decision, rule, context.city)
        draft = Draft(case, context, actor=decision.actor, role=decision.role)
        rule.act(draft, decision)
    except Refusal as refusal:
        return rejected(case, decision, refusal, context, actor=decision.actor, role=decision.role)
    return draft.work(message_id=decision.message_id)


def _check(case: CaseRecord, decision: OperatorDecided, rule: OperationRule, city: City) -> None:
    if decision.message_id in case.seen:
        raise Refusal(Code.DUPLICATE, "同一决定已处理过")
    if decision.role not in rule.roles:
        raise Refusal(Code.ROLE, f"{decision.role}无权{decision.operation}")
    if case.status is CaseStatus.LINKED:
        raise Refusal(Code.STATUS, f"来电已并入案件{case.linked_to}，请在该案件上操作")
    if case.status not in rule.statuses:
        raise Refusal(Code.STATUS, f"案件现为{case.status}，不能{decision.operation}")
    missing = [name for name in rule.needs if _blank(getattr(decision, name))]
    if missing:
        raise Refusal(Code.MISSING, f"缺少：{'、'.join(missing)}")
    if decision.role not in _LEADERS and _lets_go_of_danger(case, decision, city):
        raise Refusal(Code.ROLE, "警情或联动警情的撤销、改类须由值班长决定")


def _blank(value: object) -> bool:
    return value in (None, ()) or (isinstance(value, str) and not value.strip())


def _lets_go_of_danger(case: CaseRecord, decision: OperatorDecided, city: City) -> bool:
    """Withdrawn under somebody's pressure is the worst case of all: what is or may be danger is not for one call taker to
    drop (the taxonomy: "withdrawn … never when someone else may be forcing it")."""
    matter = city.matters.get(case.category)
    in_doubt = case.status is CaseStatus.REVIEW and (
        case.urgency is Urgency.EMERGENCY or (matter is not None and matter.outcome in DANGER)
    )
    if case.outcome not in DANGER and not in_doubt:
        return False
    if decision.operation is Operation.WITHDRAW:
        return True
    wanted = city.matters.get(decision.category or "")
    return (
        decision.operation is Operation.RECATEGORISE
        and wanted is not None
        and (decision.outcome or wanted.outcome) not in DANGER
    )
