"""How a word is meant: denied, asked about, long past, supposed, quoted, or only a figure of speech.

"没打起来", "诈骗怎么举报", "十年前被抢过", "要是着火了咋整", "跟抢钱似的" hold words of danger and tell of none. The marks are
found in the clause around the word (a window where speech recognition left no punctuation); a conditional *threat*
("再不来我就砍人") is no supposition but a danger, so CONDITION never covers it.
"""

import re
from enum import Flag, auto
from typing import Final


class Scope(Flag):
    """What stands around a word; `PLAIN` when nothing does."""

    PLAIN = 0
    NEGATED = auto()
    ASKED = auto()
    PAST = auto()
    CONDITION = auto()
    QUOTED = auto()
    FIGURE = auto()


_CLAUSE_END: Final = re.compile(r"[,，.。;；!！?？:：、\n…]")
_WINDOW: Final = 14

# What may stand between a negation and the word it denies.
_FILLER = r"(?:真|再|再次|发生|出现|看到|看见|见|闻到|听到|人|有人|动手|怎么|咋|什么|啥|任何|发现|想|敢|要|也|都|过|有|着|谁|被|跟人|和人|跟他|跟我|互相|到|那个|是|去|得|能|会|给|拿|用|往|把我|把他|对我|我|他|她)"
_NEGATION = re.compile(
    rf"(?:没有|没|未|不是|并非|并未|并没|不曾|不会|不|无|别|也没|从没|否认|谈不上|算不上|防止|预防|避免|省得|以免|免得){_FILLER}{{0,3}}$"
)
# "不" inside these denies nothing: 忍不住打, 不小心, 不知道谁, 要不是, 不但, 不停地打.
_NO_NEGATION = re.compile(
    r"(?:忍不住|差不多|不小心|不知道是?谁?|不但|不光|不停地?|不断|不仅|动不动就?|要不|好不容易|没完没了|二话不说|不管|不怕|不让|不由分说|不分青红皂白|说不定|管不住|拦不住|不是.{0,2}就是|没多久|没一会儿?|没两句|没几句|不依不饶|不给|不还|没事就|没说两句|挡不住|冷不丁|不高兴就|不顺心就|不如意就|一不)(?:就|又|给|把我|把他|地|的|被|人|要|我|他|她)*$"
)
_AFTER_NEGATION = re.compile(r"^(?:的)?(?:没有|没发生|倒没|倒不是|是没有|的事没有|不算|没成|未遂)")
_ASK_AFTER = re.compile(
    r"怎么(?:举报|办理|预防|处理|判|算|定|赔|认定|报|投诉|查|防|申请|识别)|咋(?:举报|预防|判|算|认定)|如何(?:举报|预防|处理|认定|投诉)|(?:算不算|是不是|算)(?:违法|犯法|犯罪)|判几年|判多少年|去哪(?:举报|报|办|查)|找谁(?:举报|报)|举报电话|的电话|电话是?多少|归谁管|归哪管|什么标准|多少算|咨询|请问一下|立案标准|宣传"
)
_ASK_BEFORE = re.compile(r"(?:咨询|请问|打听|问一下|问问|想问|了解一下)[^,。!?;]{0,8}$")
_PAST = re.compile(
    r"(?:去年|前年|大前年|上个?月|几个?月前|[一二两三四五六七八九十\d]+个?多?(?:年|月)前|年前|早些年|前些年|前几年|那年|当年|小时候|以前|从前|曾经|原来|过去)[^。!?;]{0,12}$"
)
_PAST_NOW = re.compile(r"(?:现在|刚|今天|今晚|正在|这会|眼下|又|还在|一直|到现在)")
_SUPPOSED = re.compile(
    r"(?:以为|还当|要是|如果|万一|假如|假设|真要|哪天|等哪天|非得|一旦|就怕|怕|担心|早晚|容易|可能会?|好引起|别再|迟早|差点儿?|差一点儿?|险些|好悬|要不然|有.{0,2}风险|隐患)[^,。!?;]{0,10}$"
)
_THREAT_BEFORE = re.compile(
    r"(?:再不|再.{0,6}就|不.{1,8}就|敢.{0,6}就|他说|她说|说要|说是要|扬言|威胁|说|喊着?|叫嚣|嚷嚷着?)[^。!?;]{0,8}$"
)
_FIGURE_BEFORE = re.compile(
    r"(?:跟|像|好像|就像|如同|简直|等于|这不是|这不就是|不就是|纯属|纯|比|跟特么|变相|明|堪称|何异于|和)[^,。!?;]{0,3}$"
)
_FIGURE_AFTER = re.compile(
    r"^[^,。!?;]{0,4}(?:似的|一样|一般|没区别|有啥区别|有什么区别|没两样|何异|差不多|呢这是|啊这是|是吧|还贵|的价)"
)
_IDIOM = re.compile(
    r"(?:急|气|吵|累|热|冷|冻|烦|臭|饿|吓|愁|笑|困|疼|渴|憋|埋汰|磕碜|贵|馋|想|恨|心疼|闹|挤|晒|烤|脏|乐|坑|呛|熏|硌|难听|恶心|难喝)死"
)
_QUOTE = re.compile(r"[“\"「『《][^”\"」』》]{0,30}$")


def clause_bounds(text: str, start: int, end: int) -> tuple[int, int]:
    """The clause around `text[start:end]`, at most `_WINDOW` characters to each side."""
    before = _CLAUSE_END.search(text[max(0, start - _WINDOW) : start][::-1])
    first = max(0, start - _WINDOW) if before is None else start - before.start()
    after = _CLAUSE_END.search(text, end, end + _WINDOW)
    last = min(len(text), end + _WINDOW) if after is None else after.start()
    return first, last


def negated(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` is denied in its clause. The quick half of `scope_of`, used for features too."""
    first, last = clause_bounds(text, start, end)
    before = text[first:start]
    if before and _NEGATION.search(before) and not _NO_NEGATION.search(before):
        return True
    return last > end and _AFTER_NEGATION.match(text[end:last]) is not None


def _operator_asks(text: str, start: int) -> bool:
    """Whether the word stands in the call-taker's turn of a dialogue (警:有没有着火?), who asks and does not tell."""
    taker = text.rfind("警:", 0, start)
    return taker >= 0 and text.rfind("报:", taker, start) < 0 and "报:" in text


def scope_of(text: str, start: int, end: int) -> Scope:
    """All the ways in which `text[start:end]` may not mean what it says."""
    found = Scope.NEGATED if negated(text, start, end) else Scope.PLAIN
    first, last = clause_bounds(text, start, end)
    before, after = text[first:start], text[end:last]
    wide_before = text[max(0, start - 24) : start]
    if _operator_asks(text, start) or _ASK_AFTER.search(text[end : end + 14]) or _ASK_BEFORE.search(wide_before):
        found |= Scope.ASKED
    if _PAST.search(wide_before) and not _PAST_NOW.search(wide_before):
        found |= Scope.PAST
    if _SUPPOSED.search(before) and not _THREAT_BEFORE.search(before):
        found |= Scope.CONDITION
    if (
        _FIGURE_AFTER.search(after)
        or (_FIGURE_BEFORE.search(before) and len(before) < 6)
        or _IDIOM.search(text[max(0, start - 1) : end])
    ):
        found |= Scope.FIGURE
    if _QUOTE.search(wide_before):
        found |= Scope.QUOTED
    return found
