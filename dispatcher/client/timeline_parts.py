"""What stands beneath an entry of a time line: the fields of a ledger event in Chinese, its orders, deadlines and lookups.

`hidden` leaves out whatever quotes people or says what they look like, as a confidential case is shown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dispatcher.client import happened
from dispatcher.client.lookup_facts import fact_name
from dispatcher.client.timeline_words import (
    ADDRESSEES,
    ANSWERS,
    CARDS,
    CLOCKS,
    CLOSED,
    CONFIRMED_BY,
    HANDLED,
    LEVELS,
    LINKS,
    MODES,
    NOTICES,
    OUTCOMES,
    PARTS,
    RISKS,
    RUNGS,
    SATISFACTION,
    URGENCIES,
    Value,
    Words,
    joined,
    listed,
    mapping,
    objects,
    percent,
    quoted,
    shown,
    when,
    word,
)

_HOW = {"started": "启动", "failed": "调解不成，上升一级", "overdue": "逾期，上升一级"}
_DESKS = {
    ("lost_item", "lost"): "寻物", ("lost_item", "found"): "招领", ("missing_person", "lost"): "寻人", ("missing_person", "found"): "认亲",
}  # fmt: skip


#: What to ask the caller next.
QUESTION = "下一问"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing beneath an entry. `places`: the records that carry it (topic/partition/offset), where it was delivered."""

    label: str
    text: str
    places: tuple[str, ...] = ()


def details(value: Value, words: Words, *, hidden: bool) -> str:
    """What an event names, on one line."""
    told = (
        teller(value, words)
        for name, teller in _FIELDS.items()
        if value.get(name) is not None and not (hidden and name in _QUOTES)
    )
    return joined(told)


def _lead(value: Value, words: Words) -> str:
    before, now = value.get("before_lead"), value.get("lead")
    return "" if before == now else f"牵头 {words.unit(before) or '无'} → {words.unit(now) or '无'}"


def _category(value: Value, words: Words) -> str:
    before, now = words.matter(value["before_category"]), words.matter(value.get("category"))
    return "" if before == now else f"{before} → {now}"


def _sorted(value: Value, words: Words) -> str:
    """How a call was sorted; the events of triage alone carry a confidence."""
    kind = (
        word(OUTCOMES, value.get("outcome")),
        words.matter(value.get("category")),
        word(URGENCIES, value.get("urgency")),
    )
    return joined((*kind, f"置信度{percent(value['confidence'])}" if percent(value["confidence"]) else ""))


def _yes(name: str, yes: str, no: str = "") -> Callable[[Value, Words], str]:
    return lambda value, _words: yes if value[name] is True else no


def _named(name: str, names: Mapping[str, str], before: str = "", after: str = "") -> Callable[[Value, Words], str]:
    return lambda value, _words: f"{before}{word(names, value[name])}{after}"


def _shown(name: str, before: str = "", after: str = "") -> Callable[[Value, Words], str]:
    return lambda value, _words: f"{before}{shown(value[name])}{after}" if value[name] != "" else ""


def _when(name: str, before: str) -> Callable[[Value, Words], str]:
    return lambda value, _words: f"{before}{when(value[name])}"


#: Field -> how it is told, in the order of the line.
_FIELDS: dict[str, Callable[[Value, Words], str]] = {
    "confidence": _sorted,
    "code": _shown("code"),
    "message_type": lambda v, _: happened.MESSAGES.get(str(v["message_type"]), shown(v["message_type"])),
    "alert": _shown("alert"),
    "kind": _named("kind", LINKS),
    "desk": lambda v, _: _DESKS.get((str(v["desk"]), str(v.get("side"))), ""),
    "card": _named("card", CARDS),
    "agency": lambda v, words: words.unit(v["agency"]),
    "implied": _yes("implied", "视同签收"),
    "mode": _named("mode", HANDLED),
    "proposed": lambda v, words: f"建议转{words.unit(v['proposed'])}",
    "returns": _shown("returns", "第", "次退单"),
    "before_lead": _lead,
    "before_category": _category,
    "level": _named("level", LEVELS, "提至"),
    "clock": _named("clock", CLOCKS, "", "时限"),
    "due_at": _when("due_at", "到期 "),
    "addressee": _named("addressee", ADDRESSEES, "报"),
    "minutes": _shown("minutes", "已过", "分钟"),
    "minutes_since": _shown("minutes_since", "距上次", "分钟"),
    "repeats": _shown("repeats", "累计重复", "次"),
    "attempt": _shown("attempt", "第", "次"),
    "units": lambda v, words: words.units(v["units"]),
    "unit": lambda v, words: words.unit(v["unit"]),
    "rung": _named("rung", RUNGS),
    "how": _named("how", _HOW),
    "settled": _yes("settled", "调解成功", "调解未成"),
    "who": lambda v, _: shown(v["who"]),
    "until": _when("until", "至 "),
    "expired": _yes("expired", "领取到期"),
    "platform": _shown("platform"),
    "accepted": _yes("accepted", "对方已接收", "对方未接收"),
    "answered": _yes("answered", "已接通", "未接通"),
    "satisfaction": _named("satisfaction", SATISFACTION),
    "closed_as": _named("closed_as", CLOSED),
    "into": _shown("into", "并入案件 "),
    "from_case": _shown("from_case", "自案件 "),
    "member": _shown("member", "案件 "),
    "parent": _shown("parent", "出自案件 "),
    "other": _shown("other", "案件 "),
    "score": lambda v, _: f"相似度 {percent(v['score'])}" if percent(v["score"]) else "",
    "reasons": lambda v, _: "；".join(shown(one) for one in listed(v["reasons"])),
    "channel": lambda v, words: words.channel(v["channel"]),
    "database": lambda v, words: words.database(v["database"]) if v["database"] != v.get("channel") else "",
    "answer": _named("answer", ANSWERS),
    "found": lambda v, _: "" if v.get("answer") else ("有结果" if v["found"] is True else "无结果"),
    "late": _yes("late", "逾时后答复"),
    "dropped": lambda v, _: f"另有{shown(v['dropped'])}条不取" if v["dropped"] else "",
    "ref": _shown("ref", "线索 "),
    "by": _named("by", CONFIRMED_BY, "", "确认"),
    "agreed": lambda v, _: (
        f"相符：{'、'.join(shown(one) for one in listed(v['agreed']))}" if listed(v["agreed"]) else ""
    ),
    "found_after_minutes": _shown("found_after_minutes", "历时", "分钟"),
    "receipt": _shown("receipt", "回执号 "),
    "recipient": _shown("recipient", "领取人 "),
    "document": _shown("document", "证件号 "),
    "risks": lambda v, _: (
        f"风险：{'、'.join(word(RISKS, one) for one in listed(v['risks']))}" if listed(v["risks"]) else ""
    ),
    "text": lambda v, _: quoted(v["text"]),
    "told": lambda v, _: quoted(v["told"]),
}
#: Those that quote people or say what was made of their words.
_QUOTES = frozenset(("who", "reasons", "ref", "agreed", "recipient", "document", "risks", "text", "told"))


# -- beneath ---------------------------------------------------------------------------------------------------


def parts(
    value: Value,
    words: Words,
    *,
    hidden: bool,
    orders: Mapping[str, tuple[str, ...]],
    questions: Mapping[str, tuple[str, ...]],
) -> Iterator[Part]:
    """What an event brings along. `orders`, `questions`: the places where an order or a question of that id lies."""
    for order in objects(value.get("orders")):
        yield order_part(order, words, hidden=hidden, places=orders.get(str(order.get("order_id")), ()))
    if due := mapping(value.get("deadline")):
        before = f"{when(value['before'])} → " if value.get("before") else ""
        clock = word(CLOCKS, value.get("clock") or "finish")
        yield Part("时限", f"{clock} {before}{_deadline(due, hidden=hidden)}")
    for request in objects(value.get("requests")):
        yield question_part(request, words, places=questions.get(str(request.get("request_id")), ()))
    for hit in objects(value.get("hits")):
        yield _candidate(hit, words, hidden=hidden)
    if candidate := mapping(value.get("candidate")):
        yield _candidate(candidate, words, hidden=hidden)
    if hidden:
        return
    if sighting := mapping(value.get("sighting")):
        where = joined((shown(sighting.get("place")), words.district(sighting.get("district"))), " ")
        yield Part(
            "目击",
            joined((when(sighting.get("at")), where, word(MODES, sighting.get("mode")), quoted(sighting.get("text")))),
        )
    if reach := mapping(value.get("reach")):
        yield Part("范围", _reach(reach, words))
    if facts := words.facts(value.get("facts")):
        yield Part("情况", facts)
    if unknown := [shown(fact_name(str(fact))) for fact in listed(value.get("unknown"))]:
        yield Part("不详", "、".join(unknown))
    for label, name in (("派单依据", "routing"), ("待问", "ask"), (QUESTION, "question"), ("死信", "dead_letter")):
        if told := shown(value.get(name)):
            yield Part(label, told)


def order_part(order: Value, words: Words, *, hidden: bool, places: Sequence[str]) -> Part:
    """An order: to whom, in which part, and its deadlines with their reasons."""
    covers = words.unit(order.get("covers_for"))
    unit = f"{word(PARTS, order.get('role'))} {words.unit(order.get('agency'))}"
    due = "；".join(
        f"{word(CLOCKS, clock)} {_deadline(mapping(one), hidden=hidden)}"
        for clock, one in mapping(order.get("deadlines")).items()
    )
    return Part("派单", joined((unit, f"代{covers}" if covers else "", due)), tuple(places))


def question_part(request: Value, words: Words, *, places: Sequence[str]) -> Part:
    """A question to a database: which, of what channel, the how-manieth, and until when somebody waits for the answer."""
    number = request.get("number")
    again = f"第{number + 1}次" if isinstance(number, int) and number > 0 else ""
    wait = "开放时间后查询" if request.get("status") == "deferred" else "答复时限"
    channel, database = words.channel(request.get("channel")), words.database(request.get("database"))
    asked = database if channel == database else f"{database}（{channel}）"
    return Part("询问", joined((asked, again, f"{wait} {when(request.get('until'))}")), tuple(places))


def notice_part(notice: Value, words: Words, *, hidden: bool, places: Sequence[str]) -> Part:
    """What a unit was told of its order."""
    reason = "" if hidden else shown(notice.get("reason"))
    told = f"{word(NOTICES, notice.get('notice'))} 致{words.unit(notice.get('agency'))}"
    return Part("通知", joined((told, reason), "："), tuple(places))


def _deadline(due: Value, *, hidden: bool) -> str:
    """When, and why then. Behind the rule's own sentence stand reasons of people, for a pause or more time."""
    why = shown(due.get("why"))
    if hidden:
        why = why.split("；")[0]
    return f"{when(due.get('due_at'))}{f'（{why}）' if why else ''}"


def _candidate(one: Value, words: Words, *, hidden: bool) -> Part:
    """Somebody or something that may be it. Whom to call about it is for the desk alone and never told here."""
    database, score = words.database(one.get("database")), percent(one.get("score"))
    weak = "可能性较低" if one.get("weak") is True else ""
    if hidden:  # its number in a register would name a person
        return Part("线索", joined((joined((database, score), " "), weak)))
    known = (database, shown(one.get("ref")), score)
    reasons = "；".join(shown(reason) for reason in listed(one.get("reasons")))
    place = shown(one.get("place"))
    return Part("线索", joined((joined(known, " "), weak, reasons, place, quoted(one.get("text")))))


def _reach(reach: Value, words: Words) -> str:
    centre = joined((words.district(reach.get("district")), shown(reach.get("centre"))), " ") or "最后地点"
    circle = f"{word(MODES, reach.get('mode'))}可达{shown(reach.get('km'))}公里，协查{shown(reach.get('alert_km'))}公里"
    near = words.districts(reach.get("districts"))
    return joined((f"以{centre}为中心", circle, f"涉及{near}" if near else ""))
