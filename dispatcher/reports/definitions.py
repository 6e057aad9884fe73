"""What each figure means and whose demand it is: the one table from which headers are made, and that stands under each report.

Sources are those of the domain's description: S1 Shuozhou, S3 Harbin, S4 Chengdu, S0 Shenyang, city (published city practice),
ours (proposed here: a city may define it otherwise).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a value is, for those who show it."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"  # between 0 and 1; none where there was nothing to share
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Definition:
    """One column: its code, its Chinese name, what it means, whose demand it is; no meaning for what only names a row."""

    code: str
    name: str
    kind: Kind
    meaning: str = ""
    source: str = ""


_T, _C, _S, _N = Kind.TEXT, Kind.COUNT, Kind.SHARE, Kind.NUMBER

_ALL = (
    # -- what names a row
    Definition("district", "区县代码", _T),
    Definition("district_name", "区县", _T),
    Definition("street", "街道代码", _T),
    Definition("street_name", "街道", _T),
    Definition("community", "社区代码", _T),
    Definition("community_name", "社区", _T),
    Definition("unit", "单位代码", _T),
    Definition("unit_name", "联动单位", _T),
    Definition("category", "事项代码", _T),
    Definition("category_name", "事项", _T),
    Definition("date", "日期", _T),
    Definition("weekday", "星期", _T),
    Definition("desk", "专席代码", _T),
    Definition("desk_name", "专席", _T),
    Definition("database", "数据库代码", _T),
    Definition("database_name", "数据库", _T),
    Definition("model", "模型", _T, "SHA-256 of the model that decided; empty where no model was asked", "ours"),
    Definition("before_category", "原事项代码", _T),
    Definition("before_name", "原事项", _T),
    # -- the closed loop
    Definition("cases", "受理", _C, "cases opened in the period that a unit has led, once each: for the unit that led first, and"
               " at the case's place", "S3"),
    Definition("orders", "接单", _C, "orders issued in the period, as lead or assisting", "S3"),
    Definition("lead_orders", "主办", _C, "those of the orders by which the unit leads", "city"),
    Definition("acknowledge_due", "应签收", _C, "orders of the period that were acknowledged, or whose limit passed before the"
               " ledger's last record; not those returned, withdrawn or ended before their limit", "city"),
    Definition("acknowledged_in_time", "按时签收", _C, "those acknowledged within their limit", "city"),
    Definition("acknowledged_rate", "签收及时率", _S, "acknowledged in time, of those to be acknowledged", "city"),
    Definition("finish_due", "应办结", _C, "lead orders of the period that were finished, or whose limit passed before the ledger's"
               " last record; not those returned, withdrawn, ended or paused before it", "S1"),
    Definition("finished", "已办结", _C, "those finished, late or not, as the case stands now: a reopened case is not finished", "S1"),
    Definition("finished_rate", "办结率", _S, "finished, of those to be finished (S1 published 99.2%)", "S1"),
    Definition("finished_in_time", "按时办结", _C, "those finished within their limit; none is late while its clock is paused", "S1"),
    Definition("in_time_rate", "按时办结率", _S, "finished in time, of those to be finished", "S1"),
    Definition("returned", "退单", _C, "returns in the period, by leading and assisting units", "city"),
    Definition("bounced", "多次退单", _C, "cases with a return in the period that have by now been returned twice or more; with each"
               " unit that returned them", "ours"),
    Definition("repeats", "重复来电", _C, "calls of the period that repeat a case, for the unit that led then (rule 9.4)", "city"),
    Definition("repeat_rate", "重复率", _S, "repeats, of repeats and cases (rule 9.4; a city's aim is 14% at the most)", "city"),
    Definition("answers", "回访应答", _C, "revisits in the period with one of the five answers (rule 9.10)", "S2"),
    Definition("satisfied", "满意", _C, "those that say 非常满意, 满意 or 基本满意", "S2"),
    Definition("satisfied_rate", "满意率", _S, "satisfied, of those who answered", "S2"),
    Definition("blue", "蓝牌", _C, "blue cards of the period, for the unit that led when they fell (rule 9.3)", "S2"),
    Definition("yellow", "黄牌", _C, "yellow cards, likewise", "S2"),
    Definition("red", "红牌", _C, "red cards, likewise", "S2"),
    # -- what, where and when
    Definition("matters", "事项数", _C, "cases opened in the period, by the hour in the city at which they were opened; without invalid"
               " ones and those merged into another, so that one event counts once", "S4"),
    Definition("share", "占比", _S, "of all in the table", "ours"),
    Definition("calls", "来电", _C, "calls received in the period, each as triage decided it", "S0"),
    # -- the desks
    Definition("opened", "受理查找", _C, "searches for something lost or somebody missing that were opened in the period", "S0"),
    Definition("called_off", "撤销", _C, "those cancelled, or ended because their case went another way", "ours"),
    Definition("found", "找到", _C, "those confirmed, and not taken back", "S0"),
    Definition("found_rate", "找到率", _S, "found, of those opened and not called off", "S0"),
    Definition("searched_a_day", "满24小时查找", _C, "those not called off that are found, or a day old at the ledger's last record", "S0"),
    Definition("found_in_a_day", "24小时内找到", _C, "those found within 24 hours of the report", "S0"),
    Definition("day_rate", "24小时找到率", _S, "found within 24 hours, of those searched for a day (97.6% was published)", "S0"),
    Definition("median_minutes", "找到用时中位数（分钟）", _N, "from the report to the confirmation", "S0"),
    Definition("handed_over", "交接", _C, "those handed over with a receipt", "S0"),
    Definition("not_found", "未找到", _C, "those given up", "S0"),
    Definition("found_side", "招领", _C, "reports of somebody who has found something or somebody, in the period", "S0"),
    Definition("given_back", "招领归还", _C, "those handed over", "S0"),
    Definition("replies", "应答", _C, "answers of the database in the period, found or not; late ones too", "ours"),
    Definition("hits", "命中", _C, "those with a finding, however likely", "S0"),
    Definition("hit_rate", "命中率", _S, "hits, of the answers", "S0"),
    Definition("late", "迟到", _C, "answers that came after the wait was over", "ours"),
    Definition("unavailable", "不可用", _C, "times that it was down, refused, or was not understood", "ours"),
    Definition("silent", "无应答", _C, "questions to which nothing came in time", "ours"),
    Definition("mean_seconds", "平均用时（秒）", _N, "of the answers that tell how long they took", "ours"),
    Definition("median_seconds", "用时中位数（秒）", _N, "of the same", "ours"),
    # -- the model
    Definition("police", "警情", _C, "calls decided to be the police's", "S0"),
    Definition("joint", "警情联动", _C, "calls decided to be the police's and a unit's", "S0"),
    Definition("non_police", "非警务", _C, "calls decided to be a unit's", "S0"),
    Definition("invalid", "无效", _C, "calls decided to be invalid", "city"),
    Definition("review", "待人工", _C, "calls on which the system abstained", "ours"),
    Definition("diversion", "分流率", _S, "non-police, of all calls but the invalid ones", "S0"),
    Definition("review_rate", "人工研判率", _S, "abstained, of all calls", "ours"),
    Definition("by_rule", "规则判定", _C, "calls that a rule decided rather than the model; not those on which the system abstained", "ours"),
    Definition("confidence", "平均置信度", _N, "mean of what the decisions say of their certainty", "ours"),
    Definition("reviews", "人工答复", _C, "people's answers in the period to calls on which the system abstained", "ours"),
    Definition("reviews_agreed", "人工认同", _C, "those that name the matter that the system had thought likeliest", "ours"),
    Definition("corrected", "改类", _C, "decisions of people in the period that a case is another matter or outcome than was decided,"
               " reviews left out", "ours"),
    Definition("count", "次数", _C, "how often people named the one matter instead of the other, reviews among them", "ours"),
)  # fmt: skip

#: Columns of a table of heat: one for each hour of the day.
HOURS: Final = tuple(f"h{hour:02d}" for hour in range(24))
DEFINITIONS: Final[dict[str, Definition]] = {
    one.code: one for one in (*_ALL, *(Definition(code, f"{int(code[1:])}时", Kind.COUNT) for code in HOURS))
}
"""code -> definition, in the order in which they are printed."""


def used(codes: Iterable[str]) -> list[Definition]:
    """The definitions behind these columns that have a meaning, in the order of the table."""
    wanted = set(codes)
    return [one for one in _ALL if one.meaning and one.code in wanted]
