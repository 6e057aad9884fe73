"""Every status of a lookup meets every message to one: a change, or a refusal with its code; never an exception."""

import pytest
from casework_lookups import (
    LOOKUP_SAYINGS,
    LOOKUP_STANDINGS,
    SOON,
    LookupStanding,
    lookup_status,
)
from casework_pairs import cells_of, decided, refusal
from casework_sayings import Said
from casework_world import context

from dispatcher.domain import casework
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.inbox import DeadlineElapsed, TimerKind
from dispatcher.domain.lookups.codes import Action, AnswerStatus, LookupStatus, Notice
from dispatcher.domain.lookups.messages import LookupActed, LookupAnswered, LookupMatched, LookupTold
from dispatcher.domain.refusals import Code
from dispatcher.domain.work import Work

#: ``>xxx``: the lookup stands so from then on; ``=``: it changes, or the ledger tells of it, and its status stays; digits: refused
#: with that code; ``on``: only a word to the counterpart; ``.``: nothing. Columns: no case, a case without a lookup, the statuses (``itm``: of a
#: thing, all others: of a person); ``tak`` is cancelled with its merged case, ``clo`` searching beside a closed one, ``arc`` and ``lin`` guard an id.
EXPECTED = """
                         none bare  sea  can  itm  con  han  nof  cnc  tak  clo  arc  lin
answered: found           601  609 >can    = >can    =    =    =    =    = >can  602  602
answered: found, unlike   601  609    =    =    =    =    =    =    =    =    =  602  602
answered: nothing         601  609    =    =    =    =    =    =    =    =    =  602  602
answered: unavailable     601  609    =    =    =    =    =    =    =    =    =  602  602
answered: never asked     601  609 >can    = >can    =    =    =    =    = >can  602  602
answered: another's       601  609  609  609  609  609  609  609  609  609  609  602  602
matched                     .    . >can    . >can    .    .    .    .    . >can    .    .
matched: unlike             .    .    =    .    =    .    .    .    .    .    =    .    .
matched: too unlike         .    .    .    .    .    .    .    .    .    .    .    .    .
told: confirmed            on   on >con >con >con   on   on   on   on   on >con   on   on
told: by a rival           on   on >con >con >con   on   on   on   on   on >con   on   on
told: agreed                .    .    .    .    .    .    .    .    .    .    .    .    .
told: refused               .    .    .    .    . >sea    .    .    .    .    .    .    .
told: parted                .    .    .    .    . >sea    .    .    .    .    .    .    .
told: handed over           .    .    .    .    . >han    .    .    .    .    .    .    .
answer: found             601  602 >can    = >can    =    =    =    =    = >can  602  602
answer: nothing           601  602    =    =    =    =    =    =    =    =    =  602  602
facts                     601  602    =    =    =  602  602  602  602  602    =  602  602
facts: not known          601  602    =    =    =  602  602  602  602  602    =  602  602
sighting                  601  602    =    =  612  602  602  602  602  602    =  602  602
reject                    601  602  609 >sea  609  602  602  602  602  602  609  602  602
confirm                   601  602  609 >con  607  602  602  602  602  602  609  602  602
confirm: at home          601  602 >con >con  607  602  602  602  602  602 >con  602  602
hand over                 601  602  602  602  602 >han  602  602  602  602  602  602  602
not found                 601  602 >nof >nof >nof  602  602  602  602  602 >nof  602  602
cancel                    601  602 >cnc >cnc >cnc >cnc  602  602  602  602 >cnc  602  602
resume                    601  602  602  602  602 >sea  602 >sea >sea  602  602  602  602
due: question             601    .    =    =    =    .    .    .    .    .    =    .    .
due: turn                 601    .    =    =    =    .    .    .    .    .    =    .    .
due: escalation           601    .    =    =    .    .    .    .    .    .    =    .    .
due: wider                601    .    =    =    .    .    .    .    .    .    =    .    .
due: give up              601    .    .    . >nof    .    .    .    .    .    .    .    .
"""

SHORT = {one.status: one.name for one in reversed(LOOKUP_STANDINGS) if one.status is not None}


def outcome_of(before: CaseRecord | None, work: Work) -> str:
    """How the table writes `work`."""
    if (code := refusal(work)) is not None:
        return code
    after = lookup_status(work.case) if work.case is not None else lookup_status(before)
    if after is not lookup_status(before):
        assert after is not None, "a lookup never vanishes"
        assert work.events, "no status changes in silence"
        return f">{SHORT[after]}"
    if work.events:
        return "="
    return "on" if work.sends else "."


def answer(standing: LookupStanding, said: Said) -> str:
    scene = standing.reach()
    before = scene.case
    assert (before.status if before else None) is standing.case
    assert lookup_status(before) is standing.status
    return outcome_of(before, decided(before, said.make(scene), SOON))


def expected() -> dict[str, list[str]]:
    """Row -> cells, in the order of `LOOKUP_STANDINGS`."""
    return cells_of(EXPECTED, LOOKUP_STANDINGS)


@pytest.mark.parametrize("said", LOOKUP_SAYINGS, ids=lambda said: said.name)
def test_each_status_answers_as_the_table_says(said: Said) -> None:
    wanted = dict(zip(LOOKUP_STANDINGS, expected()[said.name], strict=True))
    found = {standing: answer(standing, said) for standing in LOOKUP_STANDINGS}
    differing = {s.name: f"{found[s]}, expected {wanted[s]}" for s in LOOKUP_STANDINGS if found[s] != wanted[s]}
    assert not differing


def test_the_table_names_everything_that_can_be_said() -> None:
    assert list(expected()) == [said.name for said in LOOKUP_SAYINGS]
    messages = [said.make(LOOKUP_STANDINGS[3].reach()) for said in LOOKUP_SAYINGS]
    assert {one.action for one in messages if isinstance(one, LookupActed)} == set(Action)
    assert {one.notice for one in messages if isinstance(one, LookupTold)} == set(Notice)
    assert {one.status for one in messages if isinstance(one, LookupAnswered)} == set(AnswerStatus)
    of_lookups = {kind for kind in TimerKind if kind.startswith("lookup_")}
    assert {one.kind for one in messages if isinstance(one, DeadlineElapsed)} == of_lookups
    assert any(isinstance(one, LookupMatched) for one in messages)
    assert {standing.status for standing in LOOKUP_STANDINGS} == {None, *LookupStatus}


def test_each_refusal_has_a_code_that_is_explained() -> None:
    known = {code.removeprefix("D") for code in Code}
    used = {cell for cells in expected().values() for cell in cells if cell.isdigit()}
    assert used <= known


#: What changes nothing, wherever it is said.
#: What the counterpart agrees to was confirmed a moment before: see tests/domain/test_lookup_people.py.
MEANT_FOR_NOTHING = ("answered: another's", "matched: too unlike", "told: agreed")


def test_each_kind_of_message_changes_a_lookup_somewhere() -> None:
    """A row of refusals alone would be an action that nobody can use."""
    idle = [
        name for name, cells in expected().items() if not any(cell == "=" or cell.startswith(">") for cell in cells)
    ]
    assert idle == list(MEANT_FOR_NOTHING)


def test_each_status_is_left_and_reached_by_something_said() -> None:
    """But for what has been handed over: that stays so."""
    cells = {standing.name: [row[n] for row in expected().values()] for n, standing in enumerate(LOOKUP_STANDINGS)}
    reached = {cell for column in cells.values() for cell in column if cell.startswith(">")}
    assert reached == {f">{SHORT[status]}" for status in LookupStatus}
    left = {name for name, column in cells.items() if any(cell.startswith(">") for cell in column)}
    assert left == {"sea", "can", "itm", "con", "nof", "cnc", "clo"}


# -- who may do it -------------------------------------------------------------------------------------------------

DESK = {ActorRole.DESK_OFFICER, ActorRole.DUTY_LEADER, ActorRole.ADMINISTRATOR}
#: Who hears of a missing person, or talks with the caller.
HEARS = DESK | {ActorRole.CALL_TAKER, ActorRole.GRID_WORKER, ActorRole.UNIT_CLERK}
ACTS = [said for said in LOOKUP_SAYINGS if isinstance(said.make(LOOKUP_STANDINGS[0].reach()), LookupActed)]


@pytest.mark.parametrize("said", ACTS, ids=lambda said: said.name)
def test_only_those_act_whose_business_it_is(said: Said) -> None:
    """A machine least of all."""
    cells = expected()[said.name]
    standing = next(s for s, cell in zip(LOOKUP_STANDINGS, cells, strict=True) if not cell.isdigit())
    for role in ActorRole:
        scene = standing.reach()
        message = said.make(scene)
        assert isinstance(message, LookupActed)
        work = casework.decide(scene.case, message.model_copy(update={"role": role}), context(1_000, SOON))
        may = role in (HEARS if message.action in (Action.FACTS, Action.SIGHTING) else DESK)
        assert (outcome_of(scene.case, work) != "607") is may, role


def test_a_word_to_no_case_is_a_dead_letter_with_advice_or_nothing() -> None:
    for said in LOOKUP_SAYINGS:
        scene = LOOKUP_STANDINGS[0].reach()
        work = casework.decide(None, said.make(scene), context(1_000, SOON))
        assert work.case is None
        assert not work.events
        if work.refused is not None:
            assert (work.refused.code, bool(work.refused.hint)) == ("D601", True)
            assert scene.case_id in work.refused.message
