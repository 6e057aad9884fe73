"""`python -m classifiers.corpus check`, `… import SHEET --writer w1 [--test]`, `… count`, `… agreement`."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from classifiers.corpus import TEST, TRAIN, Row, read_rows, read_split
from classifiers.corpus.agreement import agreement
from classifiers.corpus.check import faults
from classifiers.corpus.sheets import apart, read_sheet, write_rows
from classifiers.errors import ClassifierError


def _check() -> int:
    found = faults()
    for fault in found:
        print(fault)
    print("the corpus is in order" if not found else f"{len(found)} faults")
    return 1 if found else 0


def _count() -> int:
    for name, folder in (("train", TRAIN), ("test", TEST)):
        rows = read_split(folder)
        categories = Counter(row.category for row in rows)
        short = sum(row.is_short for row in rows) / max(1, len(rows))
        print(
            f"{name}: {len(rows)} rows, {len(categories)} categories, {min(categories.values(), default=0)} to "
            f"{max(categories.values(), default=0)} each, {short:.0%} short, writers {dict(Counter(r.writer for r in rows))}"
        )
    return 0


def _agreement() -> int:
    shares, per_category = agreement()
    print(f"{shares.pop('rows'):.0f} rows labelled twice")
    for name, share in shares.items():
        print(f"{name}: {share:.1%} agree")
    for code, (agreed, labelled) in sorted(per_category.items(), key=lambda item: item[1][0] / item[1][1]):
        if agreed < labelled:
            print(f"  {code}: {agreed} of {labelled}")
    return 0


def _yield_to(tested: list[Row]) -> None:
    """Take the training rows that are near a test row out of training, and say which."""
    for path in sorted(TRAIN.glob("*.jsonl")):
        rows = read_rows(path)
        kept, left_out = apart(rows, tested)
        if left_out:
            print("\n".join(f"{line} of training" for line in left_out))
            write_rows(path, kept)


def _import(sheet: Path, *, writer: str, test: bool) -> int:
    target = (TEST if test else TRAIN) / f"{writer}.jsonl"
    # A test row is never left out for what is in training; the training row goes.
    others = [row for folder in ((TEST,) if test else (TEST, TRAIN)) for row in read_split(folder)]
    rows, left_out = apart(read_sheet(sheet, writer=writer), [row for row in others if row.writer != writer])
    print("\n".join(left_out))
    write_rows(target, rows)
    if test:
        _yield_to(rows)
    print(f"{len(rows)} rows written to {target.parent.name}/{target.name}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m classifiers.corpus", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="refuse what may not be in the corpus")
    commands.add_parser("count", help="rows by split, category and writer")
    commands.add_parser("agreement", help="the writers' labels against second, independent ones")
    bring = commands.add_parser("import", help="turn a writer's sheet into rows, without those near rows of others")
    bring.add_argument("sheet", type=Path)
    bring.add_argument("--writer", required=True)
    bring.add_argument("--test", action="store_true", help="the sheet is a test set; never train on it")
    options = parser.parse_args(arguments)
    try:
        if options.command == "check":
            return _check()
        if options.command == "count":
            return _count()
        if options.command == "agreement":
            return _agreement()
        return _import(options.sheet, writer=options.writer, test=options.test)
    except ClassifierError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
