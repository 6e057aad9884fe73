"""Models made worse on purpose, and made-up events of the ledger."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.model import CALIBRATION, MODEL_DIR
from dispatcher.catalog import load_catalog
from dispatcher.learning.ledger import Event
from dispatcher.learning.policy import load_learning

ROOT = Path(__file__).resolve().parents[2]
CATALOG = load_catalog(ROOT)
LEARNING = load_learning()
START = datetime(2026, 11, 2, tzinfo=UTC)


def copy_of_the_shipped(folder: Path, *, note: str | None = None) -> Path:
    """The shipped model in a folder of its own; a note in its description makes it another model that decides the same."""
    folder.mkdir(parents=True)
    for name in ("model.json", "model.npz", CALIBRATION):
        shutil.copyfile(MODEL_DIR / name, folder / name)
    if note is not None:
        path = folder / "model.json"
        described = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps(described | {"note": note}, ensure_ascii=False), "utf-8")
    return folder


def _with_arrays(folder: Path, change: Callable[[dict[str, Any], list[str]], None]) -> Path:
    copy_of_the_shipped(folder)
    heads = json.loads((folder / "model.json").read_text("utf-8"))["heads"]
    columns = [f"{head['name']}.{name}" for head in heads for name in head["classes"]]
    with np.load(io.BytesIO((folder / "model.npz").read_bytes()), allow_pickle=False) as packed:
        arrays = {name: packed[name].copy() for name in packed.files}
    change(arrays, columns)
    with (folder / "model.npz").open("wb") as sink:
        np.savez(sink, **arrays)
    return folder


def forgetful(folder: Path, *columns: str) -> Path:
    """The shipped model with the weights of these columns zeroed, such as ``category.theft``."""

    def change(arrays: dict[str, Any], names: list[str]) -> None:
        for column in columns:
            arrays["weights"][:, names.index(column)] = 0

    return _with_arrays(folder, change)


def anxious(folder: Path) -> Path:
    """The shipped model with a low opinion of every harmless category: it misses nothing and leaves half to people."""

    def change(arrays: dict[str, Any], names: list[str]) -> None:
        arrays["weights"][:, names.index("outcome.non_police")] = 0

    return _with_arrays(folder, change)


class Ledger:
    """Events of one case as casework writes them, one record of ``case-inbox`` after the other."""

    def __init__(self, case: str = "case-1", *, offset: int = 7, category: str = "noise_neighbour") -> None:
        self.case, self.offset = case, offset
        self.events: list[Event] = []
        self._category, self._outcome = category, CATALOG.city.matters[category].outcome.value
        self._records = 0

    def opened(self, *, outcome: str | None = None, confidential: bool = False, likely: tuple[str, ...] = ()) -> Ledger:
        source = {"topic": "calls", "partition": 1, "offset": self.offset}
        outcome = outcome or self._outcome
        suggestions = [{"category": code, "probability": 0.3} for code in likely]
        self._add("call.triaged", source=source, outcome=outcome, model="m1", suggestions=suggestions, confidence=0.9)
        self._add("case.opened", source=source, outcome=outcome, model="m1", confidential=confidential)
        return self

    def named(self, kind: str, category: str, *, outcome: str | None = None, labelled: bool = True) -> Ledger:
        """A person's answer: ``review.decided`` or ``case.recategorised``, with its label as casework writes it."""
        self._records += 1
        self._category, self._outcome = category, outcome or CATALOG.city.matters[category].outcome.value
        self._add(kind, role="duty_leader")
        if labelled:
            origin = {"review.decided": "review", "case.recategorised": "recategorise"}[kind]
            source = {"topic": "calls", "partition": 1, "offset": self.offset}
            self._add("label.recorded", role="duty_leader", origin=origin, text_source=source, model="m1")
        return self

    def said(self, kind: str, **fields: object) -> Ledger:
        """Any other event."""
        self._records += 1
        self._add(kind, **fields)
        return self

    def _add(self, kind: str, **fields: object) -> None:
        base: Mapping[str, object] = {
            "case_id": self.case,
            "category": self._category,
            "outcome": self._outcome,
            "urgency": "routine",
            "role": "system",
            "lead": None,
            "source": {"topic": "case-inbox", "partition": 0, "offset": self._records},
        }
        at = START + timedelta(minutes=len(self.events))
        self.events.append(Event(kind, at, {**base, "at": at.isoformat(), **fields}))
