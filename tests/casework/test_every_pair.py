"""Every status of a case meets every message: a change, or a refusal with its code; never an exception."""

import pytest
from casework_pairs import cells_of, decided, refusal
from casework_sayings import SAYINGS, Said
from casework_states import LATER, STANDINGS, Standing
from casework_world import context

from dispatcher.domain import casework
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole, CaseStatus
from dispatcher.domain.inbox import (
    AgencyReplied,
    DeadlineElapsed,
    EraseAsked,
    Operation,
    OperatorDecided,
    ReplyAction,
    TimerKind,
)
from dispatcher.domain.lookups.messages import LookupActed, LookupAnswered, LookupMatched, LookupTold
from dispatcher.domain.refusals import Code
from dispatcher.domain.work import Work

#: What each pair is expected to be. ``>xxx``: the case stands so from then on; ``=``: it changes, or the ledger tells of it, and
#: its status stays; digits: refused with that code (601: a dead letter, there is no such case; 310: an alert and a dead letter);
#: ``gone``: forgotten; ``on``: only sent on to another case; ``.``: nothing. Columns: the statuses; ``rev+`` is a review while units are at work.
EXPECTED = """
                         none  rev rev+  dis  ack  pro  con  don  reo  clo  tra  mer  inv  arc  lin
call: its own            >dis    .   on    .    .    .    .    .    .    .    .    .    .    .    .
call: id used again      >dis  310  310  310  310  310  310  310  310  310  310  310  310  310  310
joins: same matter       >dis    =    =    =    =    =    = >reo    = >reo    =    = >dis   on   on
joins: danger            >dis >dis >dis    = >dis >dis    = >reo >dis >reo >dis >dis >dis   on   on
joins: void                 .    =    =    =    =    =    =    =    =    =    =    =    =    .    .
unreadable call          >rev    .    .    .    .    .    .    .    .    .    .    .    .    .    .
split off                >dis    .    .    .    .    .    .    .    .    .    .    .    .    .    .
neighbour seen              .    =    =    =    =    =    =    =    =    .    .    .    .    .    .
notice: merge              on    =    =    =    =    =    =    =    =  602  602  602  602  602  602
notice: unmerge           601    .    .    .    .    .    .    .    .    .    . >dis    .    .    .
notice: member left       601    =    =    =    =    =    =    =    =    .    . >dis    .    .    .
notice: link              601    =    =    =    =    =    =    =    =    =    =    =    =  602  602
notice: close               .    .    .    .    .    .    .    .    .    .    . >clo    .    .    .
unit: acknowledge         601  603    = >ack  605  605    =  602 >ack  602  602  602  603  603  603
unit: progress            601  603    = >pro >pro    =    =  602 >pro  602  602  602  603  603  603
unit: finish              601  603    = >don >don >don  602  602 >don  602  602  602  603  603  603
unit: return              601  603    =    = >dis >dis  602  602 >dis  602  602  602  603  603  603
unit: pause               601  603  605  605    =    =  605  602  605  602  602  602  603  603  603
unit: resume              601  603  605  605    =    =  605  602  605  602  602  602  603  603  603
unit: extend              601  603    =    =    =    =    =  602    =  602  602  602  603  603  603
unit: report in           601  603  612 >ack    =    =    =  602 >ack  602  602  602  603  603  603
unit: settled             601  603  612 >ack    =    =    =  602 >ack  602  602  602  603  603  603
unit: not settled         601  603  612 >ack    =    =    =  602 >ack  602  602  602  603  603  603
unit: visited             601  603    =    =    =    =    =    =    =    =    =    =  603  603  603
claim                     601    =    =  602  602  602  602  602  602  602  602  602  602  602  602
release                   601    =    =  602  602  602  602  602  602  602  602  602  602  602  602
decide                    601 >dis >dis  602  602  602  602  602  602  602  602  602  602  602  602
decide: invalid           601 >inv >inv  602  602  602  602  602  602  602  602  602  602  602  602
place                     601    = >dis    =    =    =    =  602    =  602  602  602  602  602  602
recategorise              601  602  602    = >dis >dis >dis  602 >dis  602  602  602  602  602  602
arbitrate                 601  602  602  602  602  602 >dis  602  602  602  602  602  602  602  602
raise level               601  602  602    =    =    = >dis  602 >dis  602  602  602  602  602  602
add assist                601  602  602    =    =    =    =  602    =  602  602  602  602  602  602
drop assist               601  602  602    =    =    =    =  602    =  602  602  602  602  602  602
transfer                  601 >tra >dis >tra >tra >tra >tra  602 >tra  602  602  602  602  602  602
transfer: taken           601  602  602  612  612  612  612  602  612  602    =  602  602  602  602
transfer: refused         601  602  602  612  612  612  612  602  612  602 >dis  602  602  602  602
three way                 601    =    =    =    =    =    =  602    =  602  602  602  602  602  602
merge                     601 >mer >mer >mer >mer >mer >mer  602 >mer  602  602  602  602  602  602
unmerge                   601  602  602  602  602  602  602  602  602  602  602 >dis  602  602  602
link                      601    =    =    =    =    =    =    =    =    =    =    =    =  602  602
split                     601    =    =    =    =    =    =    =    =  602  602  602  602  602  602
reopen                    601  602  602  602  602  602  602 >reo  602 >reo >rev  602 >rev  602  602
withdraw                  601 >clo >clo >clo >clo >clo >clo  602 >clo  602  602  602  602  602  602
whistle                   601  602  602    =    =    =    =  602    =  602  602  602  602  602  602
mediate                   601  602  602    =    =    =    =  602    =  602  602  602  602  602  602
care                      601    =    =    =    =    =    =    =    =  602  602  602  602  602  602
care end                  601    =    =    =    =    =    =    =    =    =    =    =    =  602  602
revisit: satisfied        601  602  602  602  602  602  602 >clo  602  602  602  602  602  602  602
revisit: dissatisfied     601  602  602  602  602  602  602 >reo  602  602  602  602  602  602  602
revisit: no answer        601  602  602  602  602  602  602    =  602  602  602  602  602  602  602
close                     601  602  602  602  602  602  602 >clo  602  602  602  602  602  602  602
confidential              601    =    =    =    =    =    =    =    =    =    =    =    =  602  602
urge                      601  602  602    =    =    =    =  602    =  602  602  602  602  602  602
note                      601    =    =    =    =    =    =    =    =    =    =    =    =  602  602
due: acknowledge          601    .    =    =    .    .    =    .    =    .    .    .    .    .    .
due: first answer         601    .    =    =    =    .    =    .    .    .    .    .    .    .    .
due: finish               601    .    =    =    =    =    =    .    =    .    .    .    .    .    .
due: lease                601    =    =    .    .    .    .    .    .    .    .    .    .    .    .
due: review               601    .    =    .    .    .    .    .    .    .    .    .    .    .    .
due: handover             601    .    .    = >dis >dis    =    . >dis    .    .    .    .    .    .
due: whistle              601    .    .    =    =    =    =    .    =    .    .    .    .    .    .
due: rung                 601    .    .    =    =    =    =    .    =    .    .    .    .    .    .
due: care                 601    =    =    =    =    =    =    =    =    =    =    =    =    .    .
due: closing              601    .    .    .    .    .    . >clo    .    .    .    .    .    .    .
due: archive              601    .    .    .    .    .    .    .    . >arc    .    . >arc    .    .
due: forget               601    .    .    .    .    .    .    .    .    .    .    .    . gone gone
"""

SHORT = {standing.status: standing.name.removesuffix("+") for standing in STANDINGS if standing.status is not None}


def outcome_of(before: CaseRecord | None, work: Work) -> str:
    """How the table writes `work`."""
    if (code := refusal(work)) is not None:
        return code
    if work.forgotten:
        return "gone"
    if work.case is not None and (before is None or before.status is not work.case.status):
        return f">{SHORT[work.case.status]}"
    if work.case is not None or work.events:
        return "="
    return "on" if work.forward is not None or work.passed or work.sends else "."


def answer(standing: Standing, said: Said) -> str:
    """What the table says of the pair."""
    scene = standing.reach()
    assert (scene.case.status if scene.case else None) is standing.status
    said.before(scene)
    before = scene.case
    assert (before.status if before else None) is standing.status, "what must be said before changes the status"
    return outcome_of(before, decided(before, said.make(scene), LATER))


def expected() -> dict[str, list[str]]:
    """Row -> cells, in the order of `STANDINGS`."""
    return cells_of(EXPECTED, STANDINGS)


@pytest.mark.parametrize("said", SAYINGS, ids=lambda said: said.name)
def test_each_status_answers_as_the_table_says(said: Said) -> None:
    wanted = dict(zip(STANDINGS, expected()[said.name], strict=True))
    found = {standing: answer(standing, said) for standing in STANDINGS}
    differing = {s.name: f"{found[s]}, expected {wanted[s]}" for s in STANDINGS if found[s] != wanted[s]}
    assert not differing


def test_the_table_names_everything_that_can_be_said() -> None:
    assert list(expected()) == [said.name for said in SAYINGS]
    messages = [said.make(STANDINGS[-1].reach()) for said in SAYINGS]
    elsewhere = {LookupAnswered, LookupMatched, LookupActed, LookupTold, EraseAsked}  # in tables of their own
    assert {type(message) for message in messages} | elsewhere == set(casework.HANDLERS)
    assert {one.action for one in messages if isinstance(one, AgencyReplied)} == set(ReplyAction)
    assert {one.operation for one in messages if isinstance(one, OperatorDecided)} == set(Operation)
    assert {one.kind for one in messages if isinstance(one, DeadlineElapsed)} == {
        kind for kind in TimerKind if not kind.startswith("lookup_")
    }
    assert {standing.status for standing in STANDINGS} == {None, *CaseStatus}


def test_each_refusal_has_a_code_that_is_explained() -> None:
    known = {code.removeprefix("D") for code in Code} | {"310"}
    used = {cell for cells in expected().values() for cell in cells if cell.isdigit()}
    assert used <= known


def test_each_kind_of_message_changes_a_case_somewhere() -> None:
    """A row of refusals alone would be an operation that nobody can use."""
    for name, cells in expected().items():
        assert (
            any(cell == "=" or cell in ("on", "gone") or cell.startswith(">") for cell in cells)
            or name == "call: id used again"
        )


# -- who may say it --------------------------------------------------------------------------------------------

LEADERS = {ActorRole.DUTY_LEADER, ActorRole.ADMINISTRATOR}
HALL = LEADERS | {ActorRole.CALL_TAKER}
#: Operations that others than the hall may decide too, and those that only its leaders may.
ALSO = {
    Operation.ADD_ASSIST: {ActorRole.UNIT_CLERK},
    Operation.MEDIATE: {ActorRole.MEDIATOR},
    Operation.CARE: {ActorRole.GRID_WORKER},
    Operation.CARE_END: {ActorRole.GRID_WORKER},
    Operation.NOTE: set(ActorRole) - {ActorRole.AUDITOR, ActorRole.SYSTEM},
}
LEADERS_ONLY = {
    Operation.ARBITRATE,
    Operation.MERGE,
    Operation.UNMERGE,
    Operation.SPLIT,
    Operation.WHISTLE,
    Operation.CLOSE,
    Operation.CONFIDENTIAL,
}
DECISIONS = [said for said in SAYINGS if isinstance(said.make(STANDINGS[-1].reach()), OperatorDecided)]


@pytest.mark.parametrize("said", DECISIONS, ids=lambda said: said.name)
def test_only_those_decide_whose_business_it_is(said: Said) -> None:
    cells = expected()[said.name]
    standing = next(s for s, cell in zip(STANDINGS, cells, strict=True) if not cell.isdigit() and s.name != "rev+")
    for role in ActorRole:
        scene = standing.reach()
        said.before(scene)
        message = said.make(scene)
        assert isinstance(message, OperatorDecided)
        work = casework.decide(scene.case, message.model_copy(update={"role": role}), context(1_000, LATER))
        may = role in (LEADERS if message.operation in LEADERS_ONLY else HALL | ALSO.get(message.operation, set()))
        assert (outcome_of(scene.case, work) != "607") is may, role


# -- a case that does not exist ----------------------------------------------------------------------------------


def test_what_is_said_of_no_case_is_a_dead_letter_with_advice() -> None:
    for said in SAYINGS:
        scene = STANDINGS[0].reach()
        work = casework.decide(None, said.make(scene), context(1_000, LATER))
        if work.refused is not None:
            assert (work.refused.code, bool(work.refused.hint)) == ("D601", True)
            assert scene.case_id in work.refused.message
            assert work.case is None
            assert not work.events
