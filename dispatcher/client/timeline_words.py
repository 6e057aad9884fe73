"""The Chinese words of a case's time line: names for codes, and what stands in the fields of a record, made safe to show.

Everything here is told as far as it is understood: a field of another version's shape is left out, never an error.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatcher.client.lookup_facts import PRIVATE, fact_name, said
from dispatcher.domain import sealed
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.clocks import CLOCK_NAMES, URGENCY_NAMES
from dispatcher.domain.desk_policy import DesksPolicy
from dispatcher.domain.lookups.answers import DESK
from dispatcher.domain.units import City
from dispatcher.observe.logging import mask

Value = Mapping[str, Any]

#: Of a longer text only so many characters are shown.
LONGEST = 2_000

SYSTEM = "系统"
_DESK = "专席登记"
ROLES = {
    "call_taker": "接线员", "duty_leader": "值班长", "unit_clerk": "联动单位经办人", "grid_worker": "网格员", "mediator": "调解员",
    "desk_officer": "专席人员", "auditor": "审计员", "administrator": "管理员", "system": SYSTEM,
}  # fmt: skip
OUTCOMES = {"police": "警务", "joint": "联动", "non_police": "非警务", "invalid": "无效", "review": "待研判"}
STATUSES = {
    "review": "待人工研判", "dispatched": "交办", "acknowledged": "签收", "in_progress": "承办", "conference": "会商", "done": "办结",
    "reopened": "重办", "closed": "销号", "transferred": "已转接", "merged": "已并入", "invalid": "无效", "archived": "归档", "linked": "已并入他案",
}  # fmt: skip
LOOKUPS = {
    "searching": "查找中", "candidate": "有线索", "confirmed": "已确认", "handed_over": "已交接", "not_found": "未找到", "cancelled": "已取消",
}  # fmt: skip
CLOCKS = {str(clock): name for clock, name in CLOCK_NAMES.items()}
URGENCIES = {str(urgency): name for urgency, name in URGENCY_NAMES.items()}
CARDS = {"reminder": "逾期提醒", "blue": "蓝牌", "yellow": "黄牌", "red": "红牌"}
NOTICES = {
    "withdrawn": "撤单", "reopened": "重办", "deadline": "时限变更", "reminder": "逾期提醒", "card": "督办", "urged": "催办",
    "partners": "主协办变更", "closed": "销号",
}  # fmt: skip
PARTS = {"lead": "主办", "assist": "协办"}
ADDRESSEES = {
    "clerk": "经办人", "unit_leader": "单位负责人", "supervising_office": "督办部门", "city_leader": "市领导", "desk_leader": "专席组长",
    "duty_leader": "值班长", "bureau_leader": "局领导",
}  # fmt: skip
RISKS = {"child": "儿童", "elder": "老人", "illness": "疾病", "cold": "低温", "night": "夜间", "weather": "恶劣天气"}
LEVELS = {"community": "社区", "street": "街道", "district": "区", "city": "市"}
SATISFACTION = {
    "very_satisfied": "非常满意", "satisfied": "满意", "fair": "基本满意", "dissatisfied": "不满意", "very_dissatisfied": "非常不满意",
}  # fmt: skip
RUNGS = LEVELS | {"building": "楼栋", "police_mediation": "警调对接"}
CLOSED = {
    "satisfied": "回访满意", "dissatisfied": "回访不满意", "unreached": "未能回访", "not_revisited": "未及时回访", "withdrawn": "来电人撤销",
    "merged": "随并案",
}  # fmt: skip
CONFIRMED_BY = {"owner": "失主", "family": "家属", "officer": "民警或工作人员"}
MODES = {"walk": "步行", "bicycle": "骑自行车", "bus": "乘公交", "metro": "乘地铁", "car": "乘汽车", "train": "乘火车"}
ANSWERS = {"found": "有结果", "nothing": "无结果", "unavailable": "暂不可用"}
LINKS = {"continuation": "续报", "repeat": "重复来电"}
HANDLED = {"on_the_spot": "现场办", "online": "线上办", "conference": "提请会办", "level_raised": "提级办理"}
REPLIES = {
    "acknowledge": "签收", "progress": "答复", "finish": "办结", "return": "退单", "pause": "暂停计时", "resume": "恢复计时",
    "extend": "延期", "report_in": "报到", "mediated": "调解结果", "visited": "已走访",
}  # fmt: skip
OPERATIONS = {
    "claim": "领取研判", "release": "释放研判", "decide": "研判", "place": "确定地点", "recategorise": "改类", "arbitrate": "裁定",
    "raise_level": "提级", "add_assist": "增加协办", "drop_assist": "撤销协办", "transfer": "转接", "transfer_answer": "转接回执",
    "three_way": "三方通话", "merge": "并案", "unmerge": "拆回", "link": "关联", "split": "拆分", "reopen": "重办", "withdraw": "撤销",
    "whistle": "吹哨", "mediate": "调解", "care": "列入走访", "care_end": "结束走访", "revisit": "回访", "close": "销号",
    "confidential": "保密", "urge": "催办", "note": "备注",
}  # fmt: skip
ACTIONS = {
    "answer": "登记答复", "facts": "补充情况", "sighting": "登记目击", "reject": "排除线索", "confirm": "确认", "handover": "交接",
    "not_found": "未找到", "cancel": "取消", "resume": "恢复查找",
}  # fmt: skip
TIMERS = {
    "acknowledge": "签收时限", "first_answer": "首次答复时限", "finish": "办结时限", "lease": "研判领取时限", "review": "研判待领时限",
    "handover": "单位上班交接", "whistle": "报到时限", "rung": "调解时限", "care": "走访时限", "closing": "回访期满", "archive": "归档期满",
    "forget": "留存期满", "lookup_request": "渠道时限", "lookup_turn": "再查各渠道", "lookup_escalate": "失联上报时限",
    "lookup_widen": "扩大协查时限", "lookup_give_up": "查找期满",
}  # fmt: skip

_DIGITS = {ord("０") + n: str(n) for n in range(10)}
#: Control and format characters and whatever shows nothing: they could turn a line around.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def shown(text: object) -> str:
    """A text on one line and masked, without characters that disturb a screen; what is sealed is said to be so."""
    said = str(text) if text is not None else ""
    if said.startswith(sealed.MARK):
        return sealed.SHOWN
    kept = "".join(c for c in said if c.isspace() or unicodedata.category(c) not in _UNSHOWN)
    masked = mask(" ".join(kept.split()).translate(_DIGITS))  # before it is cut: half a number is not known for one
    return masked if len(masked) <= LONGEST else masked[:LONGEST] + "…"


def quoted(text: object) -> str:
    """The same in quotation marks; nothing where there is nothing."""
    words = shown(text)
    return f"“{words}”" if words else ""


def word(names: Mapping[str, str], code: object) -> str:
    """The name behind a code; the code itself where there is none."""
    return shown(names.get(str(code), code) if code is not None else "")


def when(written: object) -> str:
    """A moment in the city's time, to the minute; what is no moment is told as it is."""
    try:
        return datetime.fromisoformat(str(written)).astimezone(CITY_TIME).strftime("%m-%d %H:%M")
    except (ValueError, OverflowError):
        return shown(written)


def joined(parts: Iterable[str], mark: str = "，") -> str:
    """The parts that say something."""
    return mark.join(part for part in parts if part)


def mapping(value: object) -> Value:
    """`value` where it is an object; else an empty one."""
    return value if isinstance(value, Mapping) else {}


def objects(value: object) -> list[Value]:
    """The objects of a list; empty for anything else."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def listed(value: object) -> list[Any]:
    """A list; empty for anything else."""
    return list(value) if isinstance(value, list | tuple) else []


def percent(score: object) -> str:
    """A share such as 87%."""
    return f"{score:.0%}" if isinstance(score, int | float) and not isinstance(score, bool) else ""


@dataclass(frozen=True, slots=True)
class Words:
    """Names out of the city's catalog and the desks' policy; an unknown code is shown as it is."""

    city: City
    desks: DesksPolicy

    def unit(self, code: object) -> str:
        """A unit's name; nothing for none."""
        return shown(self.city.unit_name(str(code))) if code is not None else ""

    def units(self, codes: object) -> str:
        """Several of them."""
        return "、".join(self.unit(code) for code in listed(codes))

    def matter(self, code: object) -> str:
        """A category's name."""
        known = self.city.matters.get(str(code))
        return known.name if known else shown(code)

    def district(self, code: object) -> str:
        """A district's name."""
        return shown(self.city.districts.get(str(code), str(code))) if code is not None else ""

    def districts(self, codes: object) -> str:
        """Several of them."""
        return "、".join(self.district(code) for code in listed(codes))

    def database(self, code: object) -> str:
        """A database's name, or that of the desk itself."""
        if code is None:
            return ""
        known = self.desks.database(str(code))
        return known.name if known is not None else _DESK if code == DESK else shown(code)

    def channel(self, code: object) -> str:
        """A channel's name."""
        return shown(self.desks.channels.get(str(code), str(code))) if code is not None else ""

    def actor(self, code: object, role: object = None) -> str:
        """Who acted: a unit by its name (`unit:clerk` for one of its people), a channel of the desks by its own, a person as
        the message names them."""
        if code == DESK:
            return _DESK
        if role == "desk_officer" and str(code) in self.desks.channels:  # some units have the same code
            return self.channel(code)
        unit, mark, clerk = str(code).partition(":")
        return f"{self.unit(unit)}{mark}{shown(clerk)}"

    def facts(self, facts: object) -> str:
        """What is known of a thing or a person. Of what proves ownership only that it is known; a name is masked."""
        return "，".join(self._fact(str(fact), value) for fact, value in mapping(facts).items())

    def _fact(self, fact: str, value: object) -> str:
        name = shown(fact_name(fact))
        if fact in PRIVATE:
            return f"{name}已记"
        text = str(value)
        if text.startswith(sealed.MARK):
            told = shown(text)
        elif fact == "district":
            told = self.district(text)
        else:
            told = when(text) if fact == "time" else shown(said(fact, text))
        return f"{name}：{told}"
