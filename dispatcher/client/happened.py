"""What happened to a case, in one line for a person: a title for each kind of event, and whatever the event names.

Which fields an event has is its own matter; here each field that is worth a word has its teller, so that an event of a
newer version is told as far as it is understood.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dispatcher.client.lookup_facts import PRIVATE, fact_name, said
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.units import City

Value = Mapping[str, Any]

#: Kind of event on ``case-events`` -> what the case is said to have gone through.
TITLES: dict[str, str] = {
    "call.triaged.v1": "研判入账",
    "case.opened.v1": "立案",
    "call.linked.v1": "再次来电",
    "case.raised.v1": "升级",
    "alert.raised.v1": "告警",
    "case.erased.v1": "抹除个人信息",
    "order.acknowledged.v1": "签收",
    "order.progressed.v1": "答复",
    "order.finished.v1": "单位办结",
    "order.returned.v1": "退单",
    "assist.added.v1": "增加协办",
    "assist.dropped.v1": "撤销协办",
    "case.rerouted.v1": "改派",
    "conference.called.v1": "会商",
    "case.arbitrated.v1": "裁定",
    "case.recategorised.v1": "改类",
    "review.decided.v1": "人工研判",
    "case.placed.v1": "确定地点",
    "case.handed_over.v1": "交接",
    "case.level_raised.v1": "提级",
    "deadline.moved.v1": "时限变更",
    "deadline.paused.v1": "暂停计时",
    "deadline.resumed.v1": "恢复计时",
    "reminder.sent.v1": "逾期提醒",
    "card.issued.v1": "督办",
    "answer.overdue.v1": "答复逾期",
    "review.waiting.v1": "研判待领",
    "review.claimed.v1": "领取研判",
    "review.released.v1": "释放研判",
    "label.recorded.v1": "标注",
    "case.transferred.v1": "转接",
    "transfer.answered.v1": "转接回执",
    "three_way.held.v1": "三方通话",
    "case.merged.v1": "并入",
    "member.joined.v1": "并案",
    "case.unmerged.v1": "拆回",
    "member.left.v1": "移出",
    "case.related.v1": "关联",
    "case.split.v1": "拆分",
    "split.opened.v1": "拆分立案",
    "merge.suggested.v1": "建议并案",
    "whistle.blown.v1": "吹哨",
    "whistle.answered.v1": "报到",
    "whistle.missed.v1": "未报到",
    "mediation.rung.v1": "调解",
    "mediation.ended.v1": "调解结束",
    "care.started.v1": "列入走访",
    "care.visited.v1": "已走访",
    "care.missed.v1": "漏访",
    "care.ended.v1": "结束走访",
    "revisit.made.v1": "回访",
    "case.done.v1": "办结",
    "case.reopened.v1": "重办",
    "case.closed.v1": "销号",
    "case.archived.v1": "归档",
    "confidential.set.v1": "保密",
    "unit.urged.v1": "催办",
    "note.added.v1": "备注",
    "lookup.opened.v1": "开始查找",
    "lookup.requested.v1": "查询渠道",
    "lookup.recorded.v1": "查询结果",
    "lookup.silent.v1": "渠道未答复",
    "lookup.candidate.v1": "线索",
    "candidate.rejected.v1": "排除线索",
    "lookup.facts.v1": "补充情况",
    "lookup.sighted.v1": "目击",
    "lookup.confirmed.v1": "确认找到",
    "lookup.parted.v1": "撤回确认",
    "lookup.handed_over.v1": "交接完成",
    "lookup.ended.v1": "查找结束",
    "lookup.resumed.v1": "恢复查找",
    "lookup.escalated.v1": "失联上报",
    "lookup.widened.v1": "扩大协查",
    "message.rejected.v1": "未采纳",
}
#: Other messages about a case: on ``case-inbox``, and to units.
MESSAGES: dict[str, str] = {
    "agency.replied.v1": "单位回复",
    "operator.decided.v1": "人工操作",
    "deadline.elapsed.v1": "到时",
    "lookup.asked.v1": "查询请求",
    "lookup.answered.v1": "查询答复",
    "lookup.matched.v1": "失物匹配",
    "lookup.acted.v1": "专席操作",
    "lookup.told.v1": "对应查找互通",
    "case.notice.v1": "案件互通",
    "case.split_off.v1": "拆出",
    "case.neighbour_seen.v1": "疑似同一事件",
    "erase.asked.v1": "要求抹除个人信息",
    "work_order.notice.v1": "通知",
}
#: Fields that quote people: not shown where the case is confidential.
_QUOTES = (
    "text", "who", "reasons", "facts", "unknown", "candidate", "sighting", "reach", "place", "recipient", "document",
)  # fmt: skip


def tell(kind: str, value: Value, city: City, *, hidden: bool = False) -> str:
    """Title, what is named, and the reason. `hidden`: without what quotes anybody."""
    title = TITLES.get(kind) or MESSAGES.get(kind)
    if title is None:
        return kind
    named = details(value, city, hidden=hidden)
    reason = "" if hidden else str(value.get("reason") or "")
    return " ".join(part for part in (title, named) if part) + (f": {reason}" if reason else "")


def details(value: Value, city: City, *, hidden: bool = False) -> str:
    """What an event names beside its reason."""
    told = (
        teller(value, city)
        for name, teller in _FIELDS.items()
        if value.get(name) is not None and not (hidden and _quotes(name, value))
    )
    return ", ".join(part for part in told if part)


def _quotes(name: str, value: Value) -> bool:
    """Whether a field tells people's words, or what was made out of them: the routing of an opening names the place."""
    return name in _QUOTES or (name == "routing" and "before_lead" not in value)


def unit(code: object, city: City) -> str:
    """A unit for a person: its Chinese name and its code."""
    if code is None:
        return "nobody"
    name = city.unit_name(str(code))
    return name if name == code else f"{name} ({code})"


def matter(code: object, city: City) -> str:
    """A category's Chinese name."""
    found = city.matters.get(str(code))
    return found.name if found else str(code)


def when(written: object) -> str:
    """A moment in the city's time, as it stands in a message; what is no moment is told as it is."""
    try:
        return datetime.fromisoformat(str(written)).astimezone(CITY_TIME).strftime("%m-%d %H:%M")
    except (ValueError, OverflowError):
        return str(written)


def _units(codes: object, city: City) -> str:
    return "、".join(unit(code, city) for code in codes) if isinstance(codes, list | tuple) else ""


def _plain(value: object, prefix: str = "") -> str:
    return f"{prefix}{value}"


def _yes(value: object, yes: str, no: str) -> str:
    return yes if value is True else no


def _lead(value: Value, city: City) -> str:
    before, now = value.get("before_lead"), value.get("lead")
    return "" if before == now else f"{unit(before, city)} → {unit(now, city)}"


def _category(value: Value, city: City) -> str:
    before, now = matter(value["before_category"], city), matter(value.get("category"), city)
    return now if before == now else f"{before} → {now}"


def _matters(value: Value, city: City) -> tuple[str, ...]:
    return (matter(value["category"], city),) if value.get("category") else ()


def _deadline(value: Value) -> str:
    due = value["deadline"]
    before = value.get("before")
    start = f"{when(before)} → " if before else "by "
    return start + when(due.get("due_at")) if isinstance(due, Mapping) else ""


def _text(text: object) -> str:
    said = " ".join(str(text).split())
    return f"“{said if len(said) <= 60 else said[:59] + '…'}”" if said else ""


def _facts(facts: object, city: City) -> str:
    """Of what proves ownership only that it is known, whoever reads the line."""
    if not isinstance(facts, Mapping):
        return ""
    return " ".join(
        f"{fact_name(fact)}已记" if fact in PRIVATE else f"{fact_name(fact)}={_value(fact, str(value), city)}"
        for fact, value in facts.items()
    )


def _value(fact: str, value: str, city: City) -> str:
    return city.districts.get(value, value) if fact == "district" else said(fact, value)


def _unknown(facts: object) -> str:
    named = [fact_name(str(fact)) for fact in facts] if isinstance(facts, list | tuple) else []
    return f"not known: {'、'.join(named)}" if named else ""


def _databases(requests: object) -> str:
    asked = requests if isinstance(requests, list | tuple) else ()
    return "、".join(
        f"{one.get('database')}{'（待开放）' if one.get('status') == 'deferred' else ''}"
        for one in asked
        if isinstance(one, Mapping)
    )


def _candidate(candidate: object) -> str:
    """Where it is and how likely, never the finder's words. A person's message names a candidate by its ref alone."""
    if not isinstance(candidate, Mapping):
        return str(candidate)
    score = candidate.get("score")
    return f"{candidate.get('ref')}" + (f" {score:.0%}" if isinstance(score, float) else "")


def _sighting(sighting: object) -> str:
    if not isinstance(sighting, Mapping):
        return ""
    return f"{sighting.get('place')} {when(sighting.get('at'))}"


def _reach(reach: object) -> str:
    return f"within {reach.get('km')} km, alert {reach.get('alert_km')} km" if isinstance(reach, Mapping) else ""


#: Field -> how it is told, in the order of the line.
_FIELDS: dict[str, Callable[[Value, City], str]] = {
    "code": lambda v, _: _plain(v["code"]),
    "message_type": lambda v, _: _plain(v["message_type"]),
    "alert": lambda v, _: _plain(v["alert"]),
    "action": lambda v, _: _plain(v["action"]),
    "operation": lambda v, city: " ".join((str(v["operation"]), *(_matters(v, city)))),
    "kind": lambda v, _: _plain(v["kind"]),
    "notice": lambda v, _: _plain(v["notice"]),
    "card": lambda v, _: _plain(v["card"]),
    "agency": lambda v, city: unit(v["agency"], city),
    "implied": lambda v, _: _yes(v["implied"], "implied", ""),
    "mode": lambda v, _: _plain(v["mode"]),
    "proposed": lambda v, city: f"proposed {unit(v['proposed'], city)}",
    "returns": lambda v, _: _plain(v["returns"], "returns "),
    "routing": lambda v, city: _lead(v, city) if "before_lead" in v else str(v["routing"]),
    "before_category": _category,
    "level": lambda v, _: _plain(v["level"]),
    "clock": lambda v, _: _plain(v["clock"]),
    "addressee": lambda v, _: _plain(v["addressee"], "to "),
    "deadline": lambda v, _: _deadline(v),
    "due_at": lambda v, _: f"due {when(v['due_at'])}",
    "minutes": lambda v, _: f"{v['minutes']} min",
    "minutes_since": lambda v, _: f"{v['minutes_since']} min after",
    "repeats": lambda v, _: f"{v['repeats']} repeats",
    "units": lambda v, city: _units(v["units"], city),
    "unit": lambda v, city: unit(v["unit"], city),
    "rung": lambda v, _: _plain(v["rung"]),
    "how": lambda v, _: _plain(v["how"]),
    "settled": lambda v, _: _yes(v["settled"], "settled", "not settled"),
    "who": lambda v, _: _plain(v["who"]),
    "until": lambda v, _: f"until {when(v['until'])}",
    "expired": lambda v, _: _yes(v["expired"], "expired", ""),
    "platform": lambda v, _: _plain(v["platform"]),
    "accepted": lambda v, _: _yes(v["accepted"], "accepted", "refused"),
    "answered": lambda v, _: _yes(v["answered"], "answered", "not answered"),
    "satisfaction": lambda v, _: _plain(v["satisfaction"]),
    "closed_as": lambda v, _: _plain(v["closed_as"]),
    "into": lambda v, _: _plain(v["into"], "into "),
    "from_case": lambda v, _: _plain(v["from_case"], "from "),
    "member": lambda v, _: _plain(v["member"]),
    "parent": lambda v, _: _plain(v["parent"], "out of "),
    "other": lambda v, _: _plain(v["other"]),
    "score": lambda v, _: _plain(v["score"], "score "),
    "reasons": lambda v, _: "；".join(map(str, v["reasons"])) if isinstance(v["reasons"], list) else "",
    "confidential": lambda v, _: _yes(
        v["confidential"], "confidential", "no longer confidential" if "role" in v else ""
    ),
    "facts": lambda v, city: _facts(v["facts"], city),
    "unknown": lambda v, _: _unknown(v["unknown"]),
    "requests": lambda v, _: _databases(v["requests"]),
    "candidate": lambda v, _: _candidate(v["candidate"]),
    "sighting": lambda v, _: _sighting(v["sighting"]),
    "place": lambda v, _: _plain(v["place"]) if isinstance(v["place"], str) else "",
    "reach": lambda v, _: _reach(v["reach"]),
    "by": lambda v, _: _plain(v["by"], "confirmed by "),
    "found_after_minutes": lambda v, _: f"found after {v['found_after_minutes']} min",
    "recipient": lambda v, _: _plain(v["recipient"], "to ") if v["recipient"] else "",
    "document": lambda v, _: _plain(v["document"], "document ") if v["document"] else "",
    "receipt": lambda v, _: _plain(v["receipt"], "receipt "),
    "channel": lambda v, _: _plain(v["channel"]),
    "database": lambda v, _: "" if v["database"] == v.get("channel") else _plain(v["database"]),
    "found": lambda v, _: _yes(v["found"], "found", "not found"),
    "origin": lambda v, _: _plain(v["origin"]),
    "actor": lambda v, _: f"by {v['actor']}",
    "clerk": lambda v, _: f"by {v['clerk']}",
    "text": lambda v, _: _text(v["text"]),
}
