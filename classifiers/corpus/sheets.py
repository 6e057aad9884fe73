"""Writers hand in plain sheets, one call a line: `category|urgency|district|style|text`; `-` for no district.

A sheet of contrast pairs has the pair's number in front: `pair|category|urgency|district|style|text`.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from classifiers.corpus.near import NearIndex
from classifiers.corpus.rows import Row
from classifiers.errors import CorpusError
from classifiers.taxonomy import Outcome, Urgency, load_taxonomy


def read_sheet(path: Path, *, writer: str) -> list[Row]:
    """The rows of a writer's sheet. Raises CorpusError naming every bad line at once, so that one pass mends all."""
    rows, wrong = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        fields = line.split("|")
        pair = fields.pop(0).strip() if len(fields) == 6 else None
        if len(fields) != 5:
            wrong.append(f"line {number}: {len(fields)} fields instead of 5, or 6 with a pair")
            continue
        category, urgency, district, style, text = (field.strip() for field in fields)
        try:
            row = Row(
                id=f"{writer}-{number:04d}",
                text=re.sub(r"\s+", " ", text),
                category=category,
                urgency=Urgency(urgency),
                district=None if district == "-" else district,
                style=style,
                writer=writer,
                pair=None if pair is None else int(pair),
            )
        except (ValidationError, ValueError) as error:
            wrong.append(f"line {number}: {error}")
            continue
        if row.outcome is Outcome.INVALID and row.urgency is not Urgency.ROUTINE:
            wrong.append(f"line {number}: an invalid call is routine")
            continue
        rows.append(row)
    if wrong:
        raise CorpusError(f"{path.name} has {len(wrong)} bad lines:\n" + "\n".join(wrong))
    return rows


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as JSONL, one call a line, UTF-8 and readable; a row of no pair says nothing of pairs."""
    lines = (
        json.dumps(row.model_dump(mode="json", exclude={"pair"} if row.pair is None else None), ensure_ascii=False)
        for row in rows
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def apart(rows: Sequence[Row], others: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """`rows` without those near one of `others` or near an earlier row, and a line for each that was left out.

    The two rows of a contrast pair may be near each other; they stay or go together.
    """
    everything = [*others, *rows]
    index = NearIndex(row.text for row in everything)
    left: set[int] = set()
    lines = []
    for number, row in enumerate(rows, start=len(others)):
        near = [
            other
            for other, _ in index.near(row.text, apart_from=number)
            if other < number and other not in left and not row.is_paired_with(everything[other])
        ]
        if near:
            left.add(number)
            lines.append(f"{row.id} is near {everything[near[0]].id} and was left out")
    broken = {(row.writer, row.pair) for row in map(everything.__getitem__, left) if row.pair is not None}
    kept = []
    for number, row in enumerate(rows, start=len(others)):
        if number in left:
            continue
        if (row.writer, row.pair) in broken:
            lines.append(f"{row.id} lost the other row of its pair and was left out")
        else:
            kept.append(row)
    return kept, lines


def categories_missing(rows: Sequence[Row]) -> list[str]:
    """Categories without a single row."""
    seen = {row.category for row in rows}
    return [code for code in load_taxonomy().codes if code not in seen]
