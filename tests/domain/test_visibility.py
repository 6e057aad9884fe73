"""Who sees how much: the table of `dispatcher.domain.visibility`, cell by cell."""

import pytest
from domain_world import POLICY, context, triaged_call

from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.casework import decide
from dispatcher.domain.codes import ActorRole
from dispatcher.domain.visibility import View, Viewer, view

FULL, OUTLINE, NOTHING = View.FULL, View.OUTLINE, View.NOTHING
ORDINARY = {
    ActorRole.CALL_TAKER: FULL,
    ActorRole.ADMINISTRATOR: FULL,
    ActorRole.DUTY_LEADER: FULL,
    ActorRole.AUDITOR: FULL,
    ActorRole.UNIT_CLERK: NOTHING,
    ActorRole.DESK_OFFICER: NOTHING,
    ActorRole.GRID_WORKER: NOTHING,
    ActorRole.MEDIATOR: NOTHING,
    ActorRole.SYSTEM: NOTHING,
}
CONFIDENTIAL = ORDINARY | {ActorRole.CALL_TAKER: OUTLINE, ActorRole.ADMINISTRATOR: OUTLINE}
HOLDERS = {
    ActorRole.UNIT_CLERK: (FULL, FULL),
    ActorRole.DESK_OFFICER: (FULL, FULL),
    ActorRole.GRID_WORKER: (FULL, NOTHING),
    ActorRole.MEDIATOR: (FULL, NOTHING),
}


def a_case(category: str = "heating", *, confidential: bool = False) -> CaseRecord:
    call = triaged_call("c-1", category=category).model_copy(update={"confidential": confidential})
    case = decide(None, call, context()).case
    assert case is not None
    return case


@pytest.mark.parametrize("role", ActorRole)
def test_without_an_order(role: ActorRole) -> None:
    for unit in (None, "metro"):
        assert view(a_case(), Viewer(role, unit), POLICY) is ORDINARY[role]
        assert view(a_case(confidential=True), Viewer(role, unit), POLICY) is CONFIDENTIAL[role]


@pytest.mark.parametrize("role", HOLDERS)
def test_a_unit_sees_its_own_orders_only(role: ActorRole) -> None:
    ordinary, confidential = HOLDERS[role]
    assert view(a_case(), Viewer(role, "heating"), POLICY) is ordinary
    assert view(a_case(confidential=True), Viewer(role, "heating"), POLICY) is confidential


def test_a_complaint_about_police_is_for_the_inspectors_alone() -> None:
    case = a_case("police_complaint")
    (order,) = decide(None, triaged_call("c-1", category="police_complaint"), context()).orders
    assert (order.agency, order.desk) == ("public-security", "inspection")
    clerk = ActorRole.UNIT_CLERK
    assert view(case, Viewer(clerk, "public-security"), POLICY) is NOTHING
    assert view(case, Viewer(clerk, "public-security", "inspection"), POLICY) is FULL
    assert view(case, Viewer(ActorRole.DUTY_LEADER), POLICY) is FULL
