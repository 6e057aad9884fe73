"""The list of matters decides by kind, hour, place and date, and a change is a YAML edit."""

import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from dispatcher.catalog import Catalog, load_catalog
from dispatcher.domain import routing
from dispatcher.domain.codes import Capacity, Outcome, Urgency
from dispatcher.domain.errors import CatalogError
from dispatcher.domain.messages import Place
from dispatcher.domain.routing import Plan

ROOT = Path(__file__).resolve().parents[2]
POLICY = ROOT / "dispatcher" / "policy"
CHINA = timezone(timedelta(hours=8))
DAY = datetime(2026, 11, 24, 10, 0, tzinfo=CHINA)
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=CHINA)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped policy files, to be edited."""
    return Path(shutil.copytree(POLICY, tmp_path / "policy"))


def plan(catalog: Catalog, category: str, at: datetime, *, district: str = "shenhe", urgency: str = "routine") -> Plan:
    return routing.route(
        outcome=Outcome(catalog.city.matters[category].outcome),
        category=category,
        urgency=Urgency(urgency),
        place=Place(district=district),
        at=at,
        city=catalog.city,
        policy=catalog.policy.routing,
        hours=catalog.policy.hours,
    )


def test_the_shipped_list_says_what_the_taxonomy_says() -> None:
    city = load_catalog(ROOT).city
    for code, matter in city.matters.items():
        assert city.matter_at(code, DAY) == matter


def test_a_matter_changes_its_owner_on_its_day(folder: Path) -> None:
    path = folder / "matters.yaml"
    text = path.read_text("utf-8")
    old = (
        "  - {matter: heating, owner: heating, also: [housing], valid_from: 2026-01-01, source: taxonomy 2026-11-21}\n"
    )
    assert old in text
    new = old.replace("valid_from: 2026-01-01", "valid_from: 2026-01-01, valid_to: 2026-11-30") + (
        "  - {matter: heating, owner: housing, valid_from: 2026-12-01, source: a city's decision}\n"
    )
    path.write_text(text.replace(old, new), "utf-8")
    catalog = load_catalog(ROOT, policy_dir=folder)
    assert plan(catalog, "heating", datetime(2026, 11, 30, 23, 59, tzinfo=CHINA)).lead == "heating"
    assert plan(catalog, "heating", datetime(2026, 12, 1, 0, 1, tzinfo=CHINA)).lead != "heating"
    assert plan(catalog, "heating", datetime(2026, 12, 1, 10, 0, tzinfo=CHINA)).lead == "housing"


def test_by_day_to_the_grid_and_by_night_to_the_police_station(folder: Path) -> None:
    shutil.copy(POLICY / "examples" / "eight-hours" / "matters.yaml", folder)
    catalog = load_catalog(ROOT, policy_dir=folder)
    assert plan(catalog, "street_vending", DAY, district="tiexi").lead == "district-tiexi"
    (lead,) = plan(catalog, "street_vending", NIGHT, district="tiexi").assignments
    assert (lead.agency, lead.capacity, lead.covers_for) == ("public-security", Capacity.FALLBACK, "urban-management")
    # the lookup desks keep their own way, and so does danger
    assert plan(catalog, "lost_item_metro", DAY).lead == "metro"
    assert plan(catalog, "gas_leak", NIGHT, urgency="emergency").lead == "gas-group"
    assert plan(catalog, "theft", DAY, urgency="urgent").lead == "public-security"


def test_a_ruling_may_hold_for_one_district_and_some_urgencies(folder: Path) -> None:
    ruling = (
        "\n  - {id: winter, matters: [water_supply], urgencies: [urgent], districts: [faku], unit: emergency-management,"
        " valid_from: 2026-11-01, valid_to: 2027-03-31, source: test}"
    )
    path = folder / "matters.yaml"
    path.write_text(path.read_text("utf-8").replace("rulings: []", "rulings:" + ruling), "utf-8")
    catalog = load_catalog(ROOT, policy_dir=folder)
    assert plan(catalog, "water_supply", DAY, district="faku", urgency="urgent").lead == "emergency-management"
    assert plan(catalog, "water_supply", DAY, district="faku").lead == "water-group"
    assert plan(catalog, "water_supply", DAY, district="heping", urgency="urgent").lead == "water-group"
    summer = datetime(2026, 7, 1, 10, 0, tzinfo=CHINA)
    assert plan(catalog, "water_supply", summer, district="faku", urgency="urgent").lead == "water-group"


def test_the_grid_names_the_deepest_place_that_is_said() -> None:
    city = load_catalog(ROOT).city
    assert [node.code for node in city.grid_path("赞工街12号", None)] == [
        "tiexi", "tiexi-gongrencun", "tiexi-gongrencun-c1", "tiexi-gongrencun-c1-a1",
    ]  # fmt: skip
    assert [node.code for node in city.grid_path("北站街道", None)] == ["shenhe", "shenhe-beizhan"]
    assert city.grid_path("月球", None) == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{matter: heating,", "{matter: heatings,", "entries.heatings: heatings is no category"),
        ("{matter: heating, owner: heating", "{matter: heating, owner: stove", "unit stove is not in agencies.yaml"),
        (
            "rulings: []",
            "rulings: [{id: a, unit: metro, valid_from: 2026-01-01, source: x, districts: [mars]}]",
            "rulings.a: mars is no district",
        ),
        (
            "entries:\n",
            "entries:\n  - {matter: heating, owner: housing, valid_from: 2026-06-01, source: x}\n",
            "two entries hold on 2026-06-01",
        ),
    ],
)
def test_a_mistake_in_the_list_is_told_with_its_place(folder: Path, old: str, new: str, told: str) -> None:
    path = folder / "matters.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(CatalogError) as caught:
        load_catalog(ROOT, policy_dir=folder)
    assert told in caught.value.message


def test_a_grid_place_stands_below_its_parent(folder: Path) -> None:
    path = folder / "grid.yaml"
    path.write_text(path.read_text("utf-8").replace("code: tiexi,", "code: tiexi-lost,", 1), "utf-8")
    with pytest.raises(CatalogError, match=r"grid\.yaml"):
        load_catalog(ROOT, policy_dir=folder)
