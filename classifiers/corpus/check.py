"""What may not be in the corpus: malformed rows, real numbers of people, near duplicates, training rows near test rows."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from classifiers.corpus.near import NearIndex
from classifiers.corpus.rows import TEST, TRAIN, Row, read_rows
from classifiers.corpus.sheets import categories_missing
from classifiers.errors import CorpusError
from classifiers.taxonomy import Outcome, Urgency

_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_MADE_UP = re.compile(r"(\d)\1{5,}|12345678|00000")
_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")


def personal_numbers(text: str) -> list[str]:
    """Numbers that could be a real person's: mobile numbers not plainly made up, and anything like an identity card."""
    mobiles = [number for number in _MOBILE.findall(text) if not _MADE_UP.search(number)]
    return mobiles + _IDENTITY.findall(text)


def _row_faults(rows: Sequence[Row]) -> list[str]:
    faults = []
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            faults.append(f"{row.id}: the id is used twice")
        seen.add(row.id)
        faults += [f"{row.id}: {number} may be a real person's number" for number in personal_numbers(row.text)]
        if row.outcome is Outcome.INVALID and row.urgency is not Urgency.ROUTINE:
            faults.append(f"{row.id}: an invalid call is routine")
    return faults


def _pair_faults(rows: Sequence[Row]) -> list[str]:
    pairs: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        if row.pair is not None:
            pairs[row.writer, row.pair].append(row)
    return [
        f"{members[0].id}: pair {number} of {writer} is not two rows with two labels"
        for (writer, number), members in pairs.items()
        if len(members) != 2 or members[0].category == members[1].category
    ]


def _near_faults(rows: Sequence[Row], index: NearIndex) -> list[str]:
    return [
        f"{row.id} and {rows[other].id} are near duplicates ({share:.0%})"
        for number, row in enumerate(rows)
        for other, share in index.near(row.text, apart_from=number)
        if other > number and not row.is_paired_with(rows[other])
    ]


def faults(*, train: Path = TRAIN, test: Path = TEST) -> list[str]:
    """Everything wrong with the corpus, one line each; empty when it may be used."""
    found: list[str] = []
    splits: dict[str, list[Row]] = {"train": [], "test": []}
    for name, folder in (("train", train), ("test", test)):
        for path in sorted(folder.glob("*.jsonl")):
            try:
                splits[name] += read_rows(path)
            except CorpusError as error:
                found.append(str(error))
    indices = {name: NearIndex(row.text for row in rows) for name, rows in splits.items()}
    for name, rows in splits.items():
        found += _row_faults(rows)
        found += _pair_faults(rows)
        found += [f"{name}: no row of {code}" for code in categories_missing(rows)]
        found += _near_faults(rows, indices[name])
    for row in splits["test"]:
        for number, share in indices["train"].near(row.text):
            found.append(f"training row {splits['train'][number].id} is near test row {row.id} ({share:.0%})")
    writers = {row.writer for row in splits["train"]} & {row.writer for row in splits["test"]}
    found += [f"writer {writer} is in training and test" for writer in sorted(writers)]
    return found
