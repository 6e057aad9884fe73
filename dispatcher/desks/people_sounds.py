"""Names and words as they sound: what a finder hears of a name is often another character (狗剩 as 够甚, 汪 as 王)."""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from pypinyin import Style, lazy_pinyin

_NAMED: Final = re.compile(
    r"(?:小名儿?|大名|乳名|名叫|叫什么|名字叫|名叫|叫作|自称|姓名|(?<![一-鿿])叫|说叫|自己叫|叫他|叫它|我叫|问叫啥|叫)(?:叫|是|听着像|像|什么|个|“|\")*(?P<name>[一-鿿]{1,3})"
)
_SURNAME: Final = re.compile(r"姓(?P<name>(?!啥|什么|名|不|氏)[一-鿿])")
_QUOTED: Final = re.compile(r"[“\"‘「'](?P<name>[^”\"’」',。“]{1,6})[”\"’」',。]")
_HEARD_ALIKE: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("l", "n"), ("f", "h"))
_NOT_NAMES: Final = frozenset("啥什哪不人个我你他她它得家号到声名谁妈爸")
_HAN: Final = re.compile(r"[一-鿿]+")


@lru_cache(maxsize=50_000)
def sound(char: str) -> str:
    """The syllable without tone, with sounds that are confused made one."""
    syllable = lazy_pinyin(char, style=Style.NORMAL)[0]
    for one, two in _HEARD_ALIKE:
        syllable = syllable.replace(one, two) if one == "ng" or syllable.startswith(one) else syllable
    return "wan" if syllable == "wan" else syllable


def names(text: str) -> frozenset[str]:
    """Names in a text, without what only asks for one."""
    found = {match["name"] for pattern in (_NAMED, _QUOTED) for match in pattern.finditer(text)}
    return frozenset(one for one in found if not _NOT_NAMES & set(one) and _HAN.fullmatch(one))


def surnames(text: str) -> frozenset[str]:
    """Surnames, as they sound."""
    return frozenset(sound(match["name"]) for match in _SURNAME.finditer(text))


def spoken(words: frozenset[str]) -> frozenset[str]:
    """Two neighbouring syllables of each name, as one string; a name of one character is left out."""
    return frozenset(f"{sound(one)} {sound(two)}" for word in words if len(word) > 1 for one, two in pairwise(word))


def syllables(text: str) -> frozenset[str]:
    """Two neighbouring syllables everywhere in a text."""
    return frozenset(f"{sound(one)} {sound(two)}" for part in _HAN.findall(text) for one, two in pairwise(part))
