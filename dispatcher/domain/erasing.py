"""Erasing a person from a case (domain section 7): the keys of its sealed texts go, and what the case itself still held of them.

What happened, when, under which rule and by which unit stays in the ledger, and so does its chain. A case that is still open is
erased only where that is asked for by name: units work with those texts.
"""

from dispatcher.domain import entries
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import TERMINAL, ActorRole, CaseStatus
from dispatcher.domain.entries import Context
from dispatcher.domain.inbox import EraseAsked
from dispatcher.domain.lookups.records import LookupRecord
from dispatcher.domain.messages import CaseErased
from dispatcher.domain.refusals import Code, Refusal
from dispatcher.domain.work import NOTHING, Work, no_case, rejected

RULE = "person.erased"

_ROLES = (ActorRole.AUDITOR, ActorRole.ADMINISTRATOR)
_OVER = TERMINAL | {CaseStatus.DONE}


def on_erase_asked(case: CaseRecord | None, asked: EraseAsked, context: Context) -> Work:
    """Tell the ledger, let the keys go, and keep nothing of the person in the state of the case."""
    if case is None and not asked.keys:
        return no_case(asked.case_id, hint="Or it has been erased already: `dispatcher trace` tells")
    if case is not None:
        if asked.message_id in case.seen:
            return NOTHING
        refusal = _refused(case, asked)
        if refusal is not None:
            return rejected(case, asked, refusal, context, actor=asked.actor, role=asked.role)
    erased = CaseErased(
        event_id=entries.event_id(asked.case_id, context, 0),
        at=context.at,
        case_id=asked.case_id,
        call_id=case.call_id if case is not None else None,
        actor=asked.actor,
        role=asked.role,
        reason=asked.reason,
        rule=RULE,
        keys=asked.keys,
        policy=context.policy.sha256,
        source=context.record,
    )
    left = _left(case).model_copy(update={"seen": (*case.seen, asked.message_id)}) if case is not None else None
    return Work(case=left, events=(erased,), erased=asked.keys)


def _refused(case: CaseRecord, asked: EraseAsked) -> Refusal | None:
    if asked.role not in _ROLES:
        return Refusal(Code.ROLE, "只有审计员和管理员可以抹除个人信息")
    if case.status not in _OVER and not asked.even_open:
        return Refusal(Code.STATUS, "案件尚未办结，承办单位仍需要这些信息")
    if not asked.reason.strip():
        return Refusal(Code.MISSING, "抹除个人信息须说明理由")
    return None


def _left(case: CaseRecord) -> CaseRecord:
    """The case without what anybody said and without who they are. Statuses, units, clocks and categories stay."""
    decision = case.decision
    if decision is not None:
        decision = decision.model_copy(update={"extracted": {}, "cues": ()})
    return case.model_copy(
        update={
            "text": "",
            "place": case.place.model_copy(update={"address": None}),
            "caller": None,
            "decision": decision,
            "held": (),
            "care": case.care.model_copy(update={"who": ""}) if case.care is not None else None,
            "lookup": _searched(case.lookup) if case.lookup is not None else None,
        }
    )


def _searched(lookup: LookupRecord) -> LookupRecord:
    confirmation = lookup.confirmation
    return lookup.model_copy(
        update={
            "facts": {},
            "sightings": (),
            "candidates": tuple(
                one.model_copy(update={"text": "", "contact": None, "reasons": ()}) for one in lookup.candidates
            ),
            "confirmation": confirmation.model_copy(update={"told": ""}) if confirmation is not None else None,
        }
    )
