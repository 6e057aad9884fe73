"""How a row of somebody else's becomes a finding: templates over its columns."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ValidationError

from dispatcher.desks.channels.conditions import Strict, clean, known
from dispatcher.desks.channels.interface import ChannelLied, Reply
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.lookups.messages import MOST_HITS, LookupAsked, RawHit

_COLUMN: Final = re.compile(r"\{([^{}\[\]]+)\}")
_OPTIONAL: Final = re.compile(r"\[([^\[\]]*)\]")
_LONGEST_TEXT: Final = 4_000
_LONGEST_REF: Final = 200


def _template(text: str) -> str:
    bare = _COLUMN.sub("", _OPTIONAL.sub("", text))
    if set(bare) & set("{}[]"):
        raise ValueError(
            "a bracket has no counterpart; {column} puts a value, [...] is left out where a value is missing"
        )
    return text


Template = Annotated[str, AfterValidator(_template)]
"""``{column}`` is its value; ``[，车牌{plate}]`` is left out where one of its columns is empty."""


class Sure(Strict):
    """The database knows that it is the one: the fact and the column are the same."""

    fact: str
    column: str


class HitMap(Strict):
    """Columns -> the fields of a finding. at: one column."""

    ref: Template
    text: Template
    at: str | None = None
    place: Template | None = None
    contact: Template | None = None
    sure: Sure | None = None

    def columns(self) -> set[str]:
        """All columns that it names."""
        named = {
            column for template in (self.ref, self.text, self.place, self.contact) for column in named_in(template)
        }
        return named | ({self.at} if self.at else set()) | ({self.sure.column} if self.sure else set())


def named_in(template: str | None) -> Iterable[str]:
    """The columns of a template."""
    return _COLUMN.findall(template or "")


def hit_of(row: Mapping[str, Any], mapped: HitMap, question: LookupAsked) -> RawHit:
    """The finding in a row. Raises ChannelLied: it has no name of its own, or nothing to tell."""
    ref = fill(mapped.ref, row)
    if not ref or len(ref) > _LONGEST_REF or not any(said(row.get(column)) for column in named_in(mapped.ref)):
        raise ChannelLied("记录没有编号")
    sure = mapped.sure is not None and bool(
        (value := known(question, mapped.sure.fact)) and said(row.get(mapped.sure.column)) == value
    )
    try:
        return RawHit(
            ref=ref,
            text=fill(mapped.text, row)[:_LONGEST_TEXT],
            at=moment(row.get(mapped.at)) if mapped.at else None,
            place=fill(mapped.place, row)[:_LONGEST_TEXT] or None if mapped.place else None,
            contact=fill(mapped.contact, row)[:_LONGEST_TEXT] or None if mapped.contact else None,
            sure=sure,
        )
    except ValidationError as error:  # pragma: no cover - the lines above leave nothing to refuse
        raise ChannelLied("记录无法读懂") from error


def reply_of(rows: Sequence[Mapping[str, Any]], mapped: HitMap, question: LookupAsked, more: int = 0) -> Reply:
    """The findings in rows, at most `MOST_HITS`, the others counted; so is a row without a name. Raises ChannelLied where no
    row has one: then it is not the table that was declared."""
    hits = []
    for row in rows:
        try:
            hits.append(hit_of(row, mapped, question))
        except ChannelLied:
            continue
        if len(hits) == MOST_HITS:
            break
    if rows and not hits:
        raise ChannelLied("记录没有编号")
    return Reply(tuple(hits), more + len(rows) - len(hits))


def fill(template: str, row: Mapping[str, Any]) -> str:
    """The template with the row's values."""

    def optional(match: re.Match[str]) -> str:
        return match[1] if all(said(row.get(column)) for column in _COLUMN.findall(match[1])) else ""

    # First the optional parts, then the values: what a value holds is never read as a template.
    return clean(_COLUMN.sub(lambda match: said(row.get(match[1])), _OPTIONAL.sub(optional, template)))


def said(value: Any) -> str:
    """A cell as text; empty where there is nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime | date | time):
        return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return clean(str(value))


def moment(value: Any) -> datetime | None:
    """A cell as a moment, aware; without a zone it is the city's time. None where it is none."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=CITY_TIME)


def flat(item: Mapping[str, Any], *, depth: int = 4) -> dict[str, Any]:
    """A JSON object with the members of objects inside it under dotted names."""
    found: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, Mapping) and depth > 0:
            found |= {f"{name}.{inner}": one for inner, one in flat(value, depth=depth - 1).items()}
        else:
            found[str(name)] = "、".join(map(said, value[:50])) if isinstance(value, list) else value
    return found
