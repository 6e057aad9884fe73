"""Numbers as they are said: 二十三, 两千零三, 六千八, 1.2万, 一五二, 七八十, 三个六."""

from typing import Final

DIGITS: Final = {
    "零": 0, "〇": 0, "一": 1, "幺": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
UNITS: Final = {"十": 10, "百": 100, "千": 1000}
_BIG: Final = {"万": 10_000, "亿": 100_000_000}

SPOKEN: Final = "零〇一二两俩三四五六七八九十百千万"
"""Characters of a spoken number; patterns bound their repetition, so that matching stays linear."""


def digits(text: str) -> str | None:
    """`text` read digit by digit ("八五" as "85", "8F" stays), or None where a character is no digit and no letter."""
    out = []
    for char in text:
        if char.isascii() and char.isalnum():
            out.append(char.upper())
        elif char in DIGITS:
            out.append(str(DIGITS[char]))
        else:
            return None
    return "".join(out) or None


def value(text: str) -> float | None:
    """The number that `text` says, or None. A last digit after 百, 千, 万 counts in the next unit: 六千八 is 6800."""
    plain = text.replace(",", "")
    if plain.isascii():
        return float(plain) if plain.replace(".", "", 1).isdigit() else None
    if all(char in DIGITS for char in plain):
        return float("".join(str(DIGITS[char]) for char in plain))
    total = section = 0.0
    number: float | None = None
    last = 1  # unit just before `number`; 1 after 零, where a digit means itself
    i = 0
    while i < len(plain):
        char = plain[i]
        if char.isascii():
            end = i
            while end < len(plain) and (plain[end].isdigit() or plain[end] == ".") and plain[end].isascii():
                end += 1
            run = plain[i:end]
            if number is not None or not run.replace(".", "", 1).isdigit():
                return None
            number, i = float(run), end
            continue
        if char in "零〇":
            if number is not None:
                return None
            last = 1
        elif char in DIGITS:
            if number is not None:
                return None
            number = float(DIGITS[char])
        elif char in UNITS:
            if number is None and (char != "十" or section % 100):
                return None
            section += (1.0 if number is None else number) * UNITS[char]
            number, last = None, UNITS[char]
        elif char in _BIG:
            amount = section + (number or 0.0)
            if not amount:
                return None
            total += amount * _BIG[char]
            section, number, last = 0.0, None, _BIG[char]
        else:
            return None
        i += 1
    if number is not None:
        section += number * last / 10 if last >= 100 and number < 10 else number
    return total + section


def between(text: str) -> tuple[float, float] | None:
    """The bounds of a number said as two neighbours: 五六 is 5 to 6, 七八十 is 70 to 89, 三四千 is 3000 to 4999, 十七八 is 17 to 18."""
    tens, _, ones = text.partition("十")
    if len(ones) == 2 and (not tens or (len(tens) == 1 and tens in DIGITS)):
        near = between(ones)
        more = 10.0 * (DIGITS[tens] if tens else 1)
        return (near[0] + more, near[1] + more) if near is not None else None
    if len(text) not in (2, 3) or text[0] not in DIGITS or text[1] not in DIGITS:
        return None
    low, high = DIGITS[text[0]], DIGITS[text[1]]
    if not 0 < low < high or high - low > 1 + (low == 3):  # 三五 is said for three to five
        return None
    if len(text) == 2:
        return float(low), float(high)
    unit = UNITS.get(text[2]) or _BIG.get(text[2])
    return None if unit is None else (float(low * unit), float(high * unit + unit - 1))


def whole(number: float) -> int | float:
    """An int where nothing is lost, for JSON."""
    return int(number) if number == int(number) else round(number, 2)
