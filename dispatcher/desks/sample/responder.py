"""How the sample's hospitals and the national system answer a question, over Kafka or for whoever asks: pure but for reading a file."""

from pathlib import Path
from typing import Any, Final

import orjson

from dispatcher.desks.channels.conditions import Condition, How, all_wanted
from dispatcher.desks.channels.mapping import HitMap, hit_of
from dispatcher.desks.channels.rows import chosen
from dispatcher.domain.lookups.messages import MOST_HITS, DeskReply, LookupAsked

SEX: Final = {"female": "女", "male": "男"}

_LOOKS: Final = (
    Condition(fact="clothes", how=How.SHARES, columns=("text",)),
    Condition(fact="last_place", how=How.SHARES, columns=("text", "place")),
)
_ABOUT: Final = (
    Condition(fact="sex", how=How.EQUALS, columns=("sex",), values=SEX),
    Condition(fact="age", how=How.RANGE, columns=("age",), slack=8),
)
_HIT: Final = HitMap(
    ref="{id}", text="{sex}，约{age}岁，{place}：{text}", at="at", place="{place}", contact="{contact}"
)
_WHERE: Final = {
    "hospitals": (*_ABOUT, Condition(fact="since", how=How.WINDOW, columns=("at",), before_hours=72, after_hours=720)),
    "national_missing": (*_ABOUT, Condition(fact="name", how=How.EQUALS, columns=("name",), or_empty=True)),
}


def answer_for(question: LookupAsked, folder: Path) -> DeskReply:
    """What the database that the question names would say, from the files that `make` wrote. Raises nothing: an error is
    an answer."""
    where = _WHERE.get(question.database)
    if where is None:
        return DeskReply(request_id=question.request_id, error=f"样本没有这一库：{question.database}")
    try:
        rows: list[dict[str, Any]] = orjson.loads((folder / f"{question.database}.json").read_bytes())
    except (OSError, ValueError) as error:
        return DeskReply(request_id=question.request_id, error=f"样本库打不开（{type(error).__name__}）")
    if question.database == "national_missing":
        rows = [row for row in rows if row["side"] == question.side.other]
    found, _ = chosen(rows, all_wanted(where, question), all_wanted(_LOOKS, question), "at", MOST_HITS)
    return DeskReply(request_id=question.request_id, hits=tuple(hit_of(row, _HIT, question) for row in found))
