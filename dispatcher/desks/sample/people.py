"""Who is registered, sheltered, treated or sought: registers of people who do not exist."""

from typing import Any

from dispatcher.desks.sample.words import Maker, city, planted
from dispatcher.domain.lookups.proof import masked_name

Rows = list[dict[str, Any]]

POPULATION = 500
WRISTBANDS = 200
RESCUED = 150
TREATED = 90
SOUGHT = 120
RECORDS = 300
NOTICES = 160


def population(maker: Maker) -> Rows:
    """Names as they are searched for, and masked as they are told."""
    rows = [dict(one) for one in planted().population]
    while len(rows) < POPULATION:
        draw = maker.chance
        rows.append(
            {"name": maker.name(), "sex": draw.choice("男女"), "age": draw.randrange(3, 96)}
            | {"street": draw.choice(city().places)}
        )
    return [
        row | {"id": f"SAMPLE-POP-{number:04}", "shown": masked_name(row["name"]), "family_phone": maker.phone()}
        for number, row in enumerate(rows)
    ]


def wristbands(maker: Maker) -> Rows:
    """黄手环: code, who wears it (named and masked as in the population register), and whom to call."""
    rows = [dict(one) for one in planted().wristbands]
    while len(rows) < WRISTBANDS:
        draw = maker.chance
        illness = draw.choice(("dementia", "dementia", "dementia", "stroke", "mental", "intellectual"))
        rows.append(
            {"name": maker.name(), "sex": draw.choice("男女"), "age": draw.randrange(62, 95), "illness": illness}
            | {"looks": maker.looks(), "place": draw.choice(city().places)}
        )
    return [
        row
        | {
            "code": f"HSH{10_000 + number}",
            "shown": masked_name(row["name"]),
            "issued_at": maker.ago(700),
            "contact": maker.phone(),
        }
        for number, row in enumerate(rows)
    ]


RESCUE_HEADER = ("登记号", "接站时间", "性别", "年龄约", "发现地点", "情况", "联系电话")


def rescued(maker: Maker) -> list[tuple[Any, ...]]:
    """The rescue station's register, rows in the order of `RESCUE_HEADER`."""
    rows = [
        (maker.at(one["at"]), one["sex"], one["age"], one["place"], one["text"]) for one in planted().rescue_station
    ]
    while len(rows) < RESCUED:
        draw = maker.chance
        rows.append(
            (maker.ago(20), draw.choice("男女"), draw.randrange(8, 90), draw.choice(city().places), maker.looks())
        )
    return [
        (f"SAMPLE-RESCUE-{number:04}", *row[:4], f"【样本】{row[4]}", maker.phone()) for number, row in enumerate(rows)
    ]


def treated(maker: Maker) -> Rows:
    """Admissions without a name."""
    rows = [dict(one) | {"at": maker.at(one["at"])} for one in planted().hospitals]
    while len(rows) < TREATED:
        draw = maker.chance
        where, age = draw.choice(city().hospitals), draw.randrange(5, 92)
        rows.append(
            {"at": maker.ago(12), "sex": draw.choice("男女"), "age": age, "place": where}
            | {"text": f"身份不明，由{draw.choice(('120', '路人', '民警'))}送来，{maker.looks(age)}"}
        )
    return [
        row | {"id": f"SAMPLE-HOSP-{number:04}", "text": f"【样本】{row['text']}", "contact": maker.phone()}
        for number, row in enumerate(rows)
    ]


def sought(maker: Maker) -> Rows:
    """The national system of missing persons, both sides."""
    rows = [dict(one) | {"at": maker.at(one["at"])} for one in planted().national_missing]
    while len(rows) < SOUGHT:
        draw = maker.chance
        side, age = draw.choice(("lost", "found")), draw.randrange(4, 90)
        rows.append(
            {"at": maker.ago(400), "side": side, "sex": draw.choice("男女"), "age": age}
            | {"name": maker.name() if side == "lost" else "", "place": draw.choice(city().places)}
            | {"text": maker.looks(age), "contact": maker.phone()}
        )
    return [
        row | {"id": f"SAMPLE-NAT-{number:04}", "text": f"【样本】{row['text']}"} for number, row in enumerate(rows)
    ]


def earlier_records(maker: Maker) -> Rows:
    """Earlier calls to 110 of the same two desks. `answers`: the sides whose question one may answer: a thing that was found is
    told to who has lost one; a person who was missing before, to both."""
    rows = [dict(one) | {"at": maker.at(one["at"])} for one in planted().earlier_records]
    while len(rows) < RECORDS:
        draw = maker.chance
        place = draw.choice(city().places)
        if draw.random() < 0.7:
            _, kind, text = maker.thing()
            verb, answers = draw.choice((("丢失物品", "found"), ("捡到物品", "lost")))
            said, desk, words = f"来电称在{place}{verb}：{text}", "lost_item", kind.words
        else:
            said, desk, words = f"家属称老人在{place}走失，{maker.looks()}", "missing_person", "走失 老人"
            answers = "lost found"
        row = {"at": maker.ago(30), "desk": desk, "answers": answers, "text": said, "place": place, "words": words}
        rows.append(row | {"contact": maker.phone()})
    return [
        {"words": ""} | row | {"record_id": f"SAMPLE-110-{number:05}", "text": f"【样本】{row['text']}"}
        for number, row in enumerate(rows)
    ]


def notices(maker: Maker) -> Rows:
    """认领 and 寻人公告: side lost, somebody seeks; side found, something or somebody is kept."""
    rows = [dict(one) | {"at": maker.at(one["at"])} for one in planted().bulletins]
    while len(rows) < NOTICES:
        draw = maker.chance
        side, place = draw.choice(("lost", "found")), draw.choice(city().places)
        if draw.random() < 0.75:
            code, _, described = maker.thing()
            text = f"{place}{'捡到' if side == 'found' else '丢失'}：{described}"
        else:
            code = "person"
            text = f"{place}{'有一位老人待认领' if side == 'found' else '寻人'}，{maker.looks()}"
        rows.append(
            {"at": maker.ago(25), "side": side, "kind": code, "text": text, "place": place, "contact": maker.phone()}
        )
    return [
        row | {"id": f"SAMPLE-NOTICE-{number:04}", "text": f"【样本】{row['text']}"} for number, row in enumerate(rows)
    ]
