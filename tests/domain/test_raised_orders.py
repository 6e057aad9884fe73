"""What the orders of a case that has grown tell their units, and who may see it (rules 9.4 and 9.11)."""

from domain_world import OFFICE, context, triaged_call

from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.casework import Work, decide
from dispatcher.domain.codes import LinkKind, Urgency
from dispatcher.domain.messages import AttachedCall, CallLinked, CaseOpened, Link, TriagedCall


def grown(first: TriagedCall, second: TriagedCall) -> tuple[Work, Work]:
    opening = decide(None, first, context())
    case = opening.case
    assert isinstance(case, CaseRecord)
    link = Link(case_id=case.case_id, kind=LinkKind.REPEAT, minutes_since=20)
    joined = AttachedCall(case_id=case.case_id, call=second.model_copy(update={"link": link}))
    return opening, decide(case, joined, context(5, OFFICE))


def test_an_order_of_a_raised_case_names_the_one_it_replaces_and_a_new_unit_s_names_none() -> None:
    opening, raise_ = grown(
        triaged_call("c-1", category="gas_supply"),
        triaged_call("c-2", category="gas_leak", urgency=Urgency.EMERGENCY),
    )
    before = {order.agency: order for order in opening.orders}
    after = {order.agency: order for order in raise_.orders}
    assert set(before) == {"gas-group"}
    assert {"gas-group", "public-security", "fire-rescue"} <= set(after)
    assert after["gas-group"].replaces == before["gas-group"].order_id
    assert all(order.replaces is None for agency, order in after.items() if agency != "gas-group")
    assert all(order.replaces is None for order in opening.orders)


def test_one_confidential_call_makes_its_case_and_all_later_orders_confidential() -> None:
    quiet = triaged_call("c-1", category="gas_supply").model_copy(update={"confidential": True})
    opening, raise_ = grown(quiet, triaged_call("c-2", category="gas_leak", urgency=Urgency.EMERGENCY))
    (opened,) = (event for event in opening.events if isinstance(event, CaseOpened))
    (linked,) = (event for event in raise_.events if isinstance(event, CallLinked))
    assert opened.confidential
    assert linked.confidential
    assert raise_.orders
    assert all(order.confidential for order in (*opening.orders, *raise_.orders))


def test_a_case_without_a_confidential_call_is_open_to_its_units() -> None:
    opening, raise_ = grown(
        triaged_call("c-1", category="gas_supply"), triaged_call("c-2", category="gas_leak", urgency=Urgency.EMERGENCY)
    )
    assert not any(order.confidential for order in (*opening.orders, *raise_.orders))
