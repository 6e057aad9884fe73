"""Labels: what each kind of decision teaches, and what is left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from learning_world import CATALOG, START, Ledger

from classifiers.train import grams_of
from dispatcher.learning.labels import Label, Labels
from dispatcher.learning.ledger import Place
from dispatcher.learning.masking import masked


def found(*ledgers: Ledger, **range_: Any) -> tuple[list[Label], dict[str, int]]:
    labels = Labels(CATALOG.city)
    for ledger in ledgers:
        for event in ledger.events:
            labels.take(event)
    return labels.found(**range_), dict(labels.left_out)


def only(ledger: Ledger) -> Label:
    (label,), left_out = found(ledger)
    assert left_out == {}
    return label


# -- what a decision says ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("labelled", [True, False], ids=["with its label", "of before there were labels"])
def test_a_review_is_a_label_of_the_call_that_opened_the_case(labelled: bool) -> None:
    label = only(Ledger().opened(outcome="review").named("review.decided", "theft", labelled=labelled))
    assert label.place == Place(1, 7)
    line = label.line("钱包被偷")
    assert line == {
        "text": "钱包被偷",
        "category": "theft",
        "outcome": "police",
        "urgency": "routine",
        "origin": "review",
        "agreement": True,
        "decided_by": "duty_leader",
        "model": "m1",
        "case": "case-1",
        "at": (START + timedelta(minutes=2)).isoformat(),
    }


def test_of_people_who_disagree_the_last_counts_and_it_is_told() -> None:
    ledger = Ledger().opened(outcome="review").named("review.decided", "theft")
    label = only(ledger.named("case.recategorised", "fraud"))
    assert (label.said.category, label.said.origin, label.agreement) == ("fraud", "recategorised", False)


def test_a_decision_that_is_found_right_again_agrees() -> None:
    ledger = Ledger().opened(outcome="review").named("review.decided", "noise_neighbour")
    label = only(ledger.said("case.rerouted", lead="housing", role="unit_clerk"))
    assert (label.said.category, label.said.origin, label.agreement) == ("noise_neighbour", "review", True)


def test_a_return_after_which_another_unit_took_the_matter_is_a_weak_word_for_it() -> None:
    label = only(Ledger().opened().said("case.rerouted", lead="housing", role="unit_clerk"))
    assert (label.said.category, label.said.origin, label.said.role) == ("noise_neighbour", "return", "unit_clerk")
    assert label.agreement


def test_while_a_conference_sits_nobody_agrees() -> None:
    ledger = Ledger().opened().said("case.rerouted", lead="housing").said("conference.called", lead="housing")
    assert not only(ledger).agreement


@pytest.mark.parametrize(
    "named",
    [
        {"lead": "district-heping"},  # a matter of the districts
        {"lead": "housing"},
        {"lead": "hotline", "orders": [{"agency": "hotline", "role": "lead", "covers_for": "housing"}]},  # at night
    ],
)
def test_an_arbiter_who_names_an_owner_confirms_the_matter(named: dict[str, object]) -> None:
    label = only(Ledger().opened().said("conference.called").said("case.arbitrated", role="duty_leader", **named))
    assert (label.said.category, label.said.origin, label.agreement) == ("noise_neighbour", "arbitration", True)


def test_an_arbiter_who_names_another_unit_says_which_of_the_likely_matters_it_is() -> None:
    likely = ("noise_neighbour", "elevator_fault")
    label = only(Ledger().opened(likely=likely).said("case.arbitrated", lead="market-supervision"))
    assert (label.said.category, label.said.outcome) == ("elevator_fault", "non_police")
    for useless in (("noise_neighbour",), ("elevator_fault", "consumer_dispute")):
        labels, left_out = found(Ledger().opened(likely=useless).said("case.arbitrated", lead="market-supervision"))
        assert labels == []
        assert left_out == {"an arbiter named a unit from which no matter follows": 1}


# -- what is left out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ledger", "why"),
    [
        (Ledger().opened(confidential=True), "confidential"),
        (Ledger().opened().said("confidential.set", confidential=True), "confidential"),
        (Ledger().opened().said("case.raised"), "had grown by a later call"),
        (Ledger().opened().said("split.opened"), "split off"),
    ],
)
def test_left_out_and_told_why(ledger: Ledger, why: str) -> None:
    labels, left_out = found(ledger.named("case.recategorised", "theft"))
    assert labels == []
    assert [why in reason for reason in left_out] == [True]


def test_a_case_that_grew_after_the_decision_keeps_its_label() -> None:
    assert only(Ledger().opened().named("case.recategorised", "theft").said("case.raised"))


def test_one_that_is_no_longer_confidential_counts_again() -> None:
    ledger = Ledger().opened(confidential=True).said("confidential.set", confidential=False)
    assert only(ledger.named("case.recategorised", "theft"))


def test_whose_text_may_not_be_used_is_not_used() -> None:
    ledgers = [Ledger(name).opened().named("case.recategorised", "theft") for name in ("a", "b")]
    labels, left_out = found(*ledgers, wanted=lambda case: case != "a")
    assert [label.case for label in labels] == ["b"]
    assert left_out == {"the case's text may not be used": 1}


def test_the_range_is_that_of_the_last_decision() -> None:
    ledger = Ledger().opened().named("case.recategorised", "theft")  # its label is the fourth event
    at = START + timedelta(minutes=2)
    assert len(found(ledger, since=at)[0]) == 1
    assert found(ledger, since=at + timedelta(seconds=1))[0] == []
    assert found(ledger, until=at)[0] == []
    assert len(found(ledger, until=at + timedelta(seconds=1))[0]) == 1


# -- personal data ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("我电话13800000000，楼上漏水", "13800000000"),
        ("我电话138 0000 0001，楼上漏水", "138 0000 0001"),
        ("座机是024-22345678，快来", "22345678"),
        ("身份证210102199003077777丢了", "210102199003077777"),
        ("身份证21010219900307777X丢了", "19900307777X"),
        ("护照E12345678不见了", "12345678"),
        ("卡号6222021234567890123被盗刷", "6222021234567890123"),
        ("车牌辽A12345撞了人就跑", "12345"),
        ("车牌辽AD12345撞了人就跑", "D12345"),
        ("打幺三八零零零零一二三四找我", "三八零零零零一二三四"),
        ("订单号98765432101", "98765432101"),
    ],
)
def test_numbers_that_name_somebody_are_gone(text: str, gone: str) -> None:
    assert gone not in masked(text)
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize(
    "text", ["我电话13800000000，楼上漏水", "车牌辽A12345撞了人就跑", "3号楼2单元501着火，打了110和119"]
)
def test_a_masked_text_teaches_the_same(text: str) -> None:
    assert grams_of(masked(text)) == grams_of(text)


def test_what_the_matter_is_about_stays() -> None:
    assert masked("3号楼2单元501欠我8000元，打了110") == "3号楼2单元501欠我8000元,打了110"
