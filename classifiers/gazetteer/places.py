"""From the names in a text to the place of the matter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from classifiers.gazetteer.tables import Gazetteer, Named, load_gazetteer
from classifiers.scanner import Hit

# A short district name that is also a word (和平, 新民) counts with a place around it: a suffix, "这边", a clause's
# start or end, or a preposition of place before it.
_PLACE_AFTER = re.compile(
    r"区|县|市|城区|这|那|一|有|的|某|$|[,，.。;；:：!！?？、(（)）\s]|老|境内|辖|分局|派出所|客运|大集|农村|乡下|下边|底下|街里|镇|乡|火车站|高速|北|南|东|西|段|家|政务|法院|检察院|医院"
)
_ALSO_WORDS = frozenset({"和平", "新民", "大东", "康平"})
_POINTED = re.compile(
    r"这(?:边|块|儿|旮|一带|个?片|头|疙)|那(?:边|块|儿|旮|一带|片|头|疙)|一带|地铁|附近|街口|街里|辖区"
)
_PLACE_BEFORE = re.compile(
    r"(?:^|[,，.。;；:：!！?？、(（\s]|在|住|到|去|回|往|是|沈阳|沈阳市|位于|家|跟|从|我们|俺们|咱们|咱|咱家|上|给|于|就|的|来|报|喂|打|自)$"
)
_HERE = re.compile(r"(?:^|[,，.。;；:：!！?？\s]|在|我在|人在|位于|这是|这里是|这儿是|家在|家住|住)$")
_ORIGIN = re.compile(r"(?:从|去|到|回|往|飞|老家|来自|上|我是|俺是|他是|她是|发往|开往|寄往|寄到|嫁到|是)$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the text says that the matter is.

    `districts` in the order they are named (two on a border); `district` is the first of them.
    `street` and `landmark` are names as the gazetteer writes them, `street_code` the division code of `street`.
    `outside_city` is another city's name where the matter lies there. `spans` are (start, end) in the normalised text of every
    place named, `areas` those of districts and streets alone.
    """

    districts: tuple[str, ...] = ()
    district: str | None = None
    street: str | None = None
    street_code: str | None = None
    landmark: str | None = None
    outside_city: str | None = None
    spans: tuple[tuple[int, int], ...] = ()
    areas: tuple[tuple[int, int], ...] = ()


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in the text and what it stands for here."""

    start: int
    end: int
    named: Named


@lru_cache(maxsize=256)
def _children(district: str) -> tuple[tuple[str, str], ...]:
    """The bare street names that count right after their district's name, longest first."""
    pairs = ((bare, street) for (code, bare), street in load_gazetteer().child_names.items() if code == district)
    return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair[0])))


def _accepts(text: str, hit: Hit, named: Named) -> bool:
    if named.trust == "full":
        return True
    before, after = text[max(0, hit.start - 4) : hit.start], text[hit.end : hit.end + 4]
    if named.trust == "weak":
        return _POINTED.match(after) is not None
    if hit.name not in _ALSO_WORDS:
        return True
    return bool(_PLACE_AFTER.match(after)) or bool(_PLACE_BEFORE.search(before))


def mentions(text: str, gazetteer: Gazetteer, pairs: Sequence[str] | None = None) -> list[Mention]:
    """The places that `text` names, in order, with a street's bare name understood after its district's name."""
    found: list[Mention] = []
    city: tuple[int, str] | None = None
    for hit in gazetteer.scanner.find(text, pairs):
        named = gazetteer.names[hit.name]
        if found and hit.start < found[-1].end:
            continue
        if named.kind == "outside":
            found.append(Mention(hit.start, hit.end, named))
            city = (hit.end, named.name)
            continue
        if named.kind == "nothing":
            continue
        if city is not None and hit.start - city[0] <= 1 and _belongs(text, city, gazetteer):
            continue  # 鞍山铁西 is Anshan's, not ours
        if not _accepts(text, hit, named):
            continue
        found.append(Mention(hit.start, hit.end, named))
        if named.kind == "district":
            rest = text[hit.end : hit.end + 6]
            for bare, street in _children(named.districts[0]):
                if rest.startswith(bare) and not rest.startswith(street):
                    end = hit.end + len(bare)
                    found.append(Mention(hit.end, end, Named("street", street, named.districts)))
                    break
    return found


def _belongs(text: str, city: tuple[int, str], gazetteer: Gazetteer) -> bool:
    rest = text[city[0] : city[0] + 8].removeprefix("市")
    return rest.startswith(gazetteer.cities[city[1]]) if gazetteer.cities[city[1]] else False


def _outside(text: str, found: list[Mention], gazetteer: Gazetteer) -> str | None:
    """Another city as the place: named with its own district, or where the caller says that he is. Not an origin."""
    for mention in found:
        if mention.named.kind != "outside":
            continue
        before = text[max(0, mention.start - 5) : mention.start]
        own_district = _belongs(text, (mention.end, mention.named.name), gazetteer)
        if _ORIGIN.search(before) and not before.endswith(("我在", "人在")):
            continue
        after = text[mention.end : mention.end + 2]
        here = _HERE.search(before) and after[:1] in (
            "市",
            "这",
            "呢",
            "站",
            "火",
            "机",
            "高",
            "上",
            ",",
            "的",
            "出",
            "",
        )
        if own_district or (here and not after.startswith(("的车", "的号", "口音", "户口", "人", "来"))):
            return mention.named.name
    return None


def locate(text: str, pairs: Sequence[str] | None = None) -> Place:
    """The place of the matter in a normalised text; `NOWHERE`'s values where the text does not say. `pairs`: see `Scanner.find`."""
    gazetteer = load_gazetteer()
    found = mentions(text, gazetteer, pairs)
    if not found:
        return NOWHERE
    ours = [mention for mention in found if mention.named.kind != "outside"]
    outside = None if ours else _outside(text, found, gazetteer)
    districts: dict[str, None] = {}
    for mention in ours:
        if len(mention.named.districts) == 1:
            districts[mention.named.districts[0]] = None
    if not districts:
        for mention in ours:
            districts.update(dict.fromkeys(mention.named.districts))
    street = next((m.named.name for m in ours if m.named.kind == "street"), None)
    landmark = next((m.named.name for m in ours if m.named.kind == "landmark"), None)
    return Place(
        districts=tuple(districts),
        district=next(iter(districts), None),
        street=street,
        street_code=None if street is None else gazetteer.street_codes.get(street),
        landmark=landmark,
        outside_city=outside,
        spans=tuple((mention.start, mention.end) for mention in found),
        areas=tuple((m.start, m.end) for m in found if m.named.kind in ("district", "street")),
    )
