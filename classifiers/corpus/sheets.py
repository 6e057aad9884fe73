"""Writers hand in plain sheets, one call a line: `category|urgency|district|style|text`; `-` for no district."""

import json
import re
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
        if len(fields) != 5:
            wrong.append(f"line {number}: {len(fields)} fields instead of 5")
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


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write rows as JSONL, one call a line, UTF-8 and readable."""
    lines = (json.dumps(row.model_dump(mode="json"), ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def apart(rows: list[Row], others: list[Row]) -> tuple[list[Row], list[str]]:
    """`rows` without those near one of `others` or near an earlier row, and a line for each that was left out."""
    index = NearIndex(row.text for row in [*others, *rows])
    offset = len(others)
    kept: list[Row] = []
    left: set[int] = set()
    lines = []
    for number, row in enumerate(rows, start=offset):
        near = [other for other, _ in index.near(row.text, apart_from=number) if other < number and other not in left]
        if near:
            left.add(number)
            rival = others[near[0]] if near[0] < offset else rows[near[0] - offset]
            lines.append(f"{row.id} is near {rival.id} and was left out")
        else:
            kept.append(row)
    return kept, lines


def categories_missing(rows: list[Row]) -> list[str]:
    """Categories without a single row."""
    seen = {row.category for row in rows}
    return [code for code in load_taxonomy().codes if code not in seen]
