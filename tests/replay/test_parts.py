"""The parts that need no broker: shelf, ranges, differences, the store of artefacts, and what a ledger finds again."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import Classifier
from dispatcher import artefacts
from dispatcher.catalog import load_catalog
from dispatcher.domain.errors import SettingsError
from dispatcher.replay.findings import differing
from dispatcher.replay.ledger import Ledger
from dispatcher.replay.plan import read_offsets
from dispatcher.replay.shelf import Shelf

ROOT = Path(__file__).resolve().parents[2]
KEYS = st.sampled_from([bytes([n]) for n in range(12)])


@given(st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=4)), max_size=80), st.integers(1, 6))
def test_a_shelf_is_a_dictionary_however_little_it_holds(changes: list[tuple[bytes, bytes | None]], held: int) -> None:
    shelf, wanted = Shelf(held), dict[bytes, bytes]()
    for key, value in changes:
        shelf.apply({key: value})
        if value is None:
            wanted.pop(key, None)
        else:
            wanted[key] = value
        assert shelf.get(key) == value
    assert dict(shelf.items()) == wanted
    assert len(list(shelf.items())) == len(wanted)
    assert {key: shelf.get(key) for key in wanted} == wanted
    shelf.close()


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["calls", "case-inbox"]), st.integers(0, 99)), st.integers(0, 999), min_size=1
    )
)
def test_offsets_are_read_as_they_are_written(ranges: dict[tuple[str, int], int]) -> None:
    text = ", ".join(f"{topic}/{partition}:{start}-{start + 7}" for (topic, partition), start in ranges.items())
    assert read_offsets(text) == {place: (start, start + 7) for place, start in ranges.items()}


@pytest.mark.parametrize(
    "text", ["", "calls", "calls/0:5", "calls/0:9-9", "calls/0:9-3", "orders/0", "calls/0,calls/0:1-2"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        read_offsets(text)


def test_open_ends() -> None:
    assert read_offsets("calls/3,case-inbox/0:7-") == {("calls", 3): (None, None), ("case-inbox", 0): (7, None)}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def _without_none(value: Any) -> Any:
    """An absent field and one without a value are the same."""
    if isinstance(value, dict):
        return {name: _without_none(inner) for name, inner in value.items() if inner is not None}
    return [_without_none(inner) for inner in value] if isinstance(value, list) else value


def _typed(value: Any) -> Any:
    """Equal as JSON: in Python, True is 1."""
    if isinstance(value, dict):
        return {name: _typed(inner) for name, inner in value.items()}
    return [_typed(inner) for inner in value] if isinstance(value, list) else (type(value), value)


@given(JSON, JSON)
def test_a_difference_is_told_exactly_where_there_is_one(one: Any, other: Any) -> None:
    assert differing(one, one, hidden=False) == []
    alike = _typed(_without_none(one)) == _typed(_without_none(other))
    assert bool(differing(one, other, hidden=False)) != alike


def test_private_fields_and_numbers_are_not_told() -> None:
    old, new = (
        {"text": "王某", "a": "13800001234", "caller": "f" * 32},
        {"text": "李某", "a": "13900001234", "caller": "e" * 32},
    )
    told = str(differing(old, new, hidden=True))
    assert "王某" not in told
    assert "13800001234" not in told
    assert "f" * 9 not in told
    assert "王某" in str(differing(old, new, hidden=False))


class _Written:
    """A partition that has been read into memory: the shape of a `Feed`."""

    def __init__(self, ids: list[str]) -> None:
        self._records = deque(
            SimpleNamespace(offset=n, key=b"case", value=b"{}", headers=[("ce_type", b"t"), ("ce_id", name.encode())])
            for n, name in enumerate(ids)
        )

    async def next(self) -> Any:
        return self._records.popleft() if self._records else None


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)))
def test_each_event_is_found_once_whatever_the_order(order: list[int], missing: set[int]) -> None:
    """Those written and expected are found, those expected alone are not, and those written alone are left."""

    async def check() -> None:
        written = [f"e{n}" for n in order if n not in missing] + ["stray"]
        ledger = Ledger(_Written(written))  # type: ignore[arg-type]
        for n in range(8):
            event = await ledger.peek(f"e{n}")
            assert (event is None) == (n in missing)
            if event is not None:
                ledger.settle(event)
        assert [event.ce_id for event in await ledger.rest(everything=True)] == ["stray"]

    asyncio.run(check())


# -- the store -----------------------------------------------------------------------------------------------------


def test_what_is_kept_is_found_by_its_digest(tmp_path: Path) -> None:
    classifier, catalog = Classifier.load(), load_catalog(ROOT)
    for _ in range(2):  # the second time nothing is written
        artefacts.keep(tmp_path, classifier=classifier, catalog=catalog, home=ROOT)
    assert sorted(folder.name.partition("-")[0] for folder in tmp_path.iterdir()) == ["model", "policy"]
    model = next(tmp_path.glob("model-*"))
    assert Classifier.load(model).digest == classifier.digest == model.name.partition("-")[2]
    kept = next(tmp_path.glob("policy-*"))
    assert load_catalog(kept, policy_dir=kept / "policy").policy == catalog.policy
    store = artefacts.Store(tmp_path, ROOT)
    assert store.model(classifier.digest).digest == classifier.digest
    assert store.named_policy(kept) == catalog.policy.sha256


def test_what_is_missing_or_damaged_is_said(tmp_path: Path) -> None:
    store = artefacts.Store(tmp_path, ROOT)
    with pytest.raises(artefacts.MissingArtefact, match=f"model-{'0' * 64} is not in"):
        store.model("0" * 64)
    with pytest.raises(artefacts.MissingArtefact, match=f"policy-{'0' * 64} is not in"):
        store.policy("0" * 64)
    artefacts.keep_model(tmp_path, Classifier.load().digest).rename(tmp_path / f"model-{'1' * 64}")
    (tmp_path / f"model-{'1' * 64}" / "tables" / "taxonomy.yaml").write_text("another")
    with pytest.raises(artefacts.MissingArtefact, match=r"its tables taxonomy\.yaml are others than this program's"):
        store.model("1" * 64)
