"""A promotion among the calls: from there on, in that partition, another model decides; and what no model is here for goes on."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stream_cluster import CATALOG

from classifiers import Classifier
from classifiers.model import MODEL_DIR
from dispatcher.artefacts import MissingArtefact, keep_model
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.model_events import KEY, ModelPromoted
from dispatcher.settings import SAMPLE_KEY
from dispatcher.stream.agents import TriageAgent
from dispatcher.stream.classify import classify_with
from dispatcher.stream.models import KEY as STATE_KEY
from dispatcher.stream.models import FromStore, Models
from dispatcher.stream.records import InputRecord, Result

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
RUNNING = Classifier.load()
ONE = classify_with(RUNNING, CATALOG.policy.triage)


def other(text: str, address: str | None, received_at: datetime | None):  # type: ignore[no-untyped-def]
    """The running model under another name, so that decisions show who made them."""
    answer = ONE(text, address, received_at)
    return type(answer)(**{name: getattr(answer, name) for name in answer.__slots__} | {"model": "b" * 64})


class Shelf:
    """Holds the shipped model and `other`, and what is put there."""

    def __init__(self) -> None:
        self.there = {RUNNING.digest: ONE, "b" * 64: other}

    def load(self, digest: str):  # type: ignore[no-untyped-def]
        if digest not in self.there:
            raise MissingArtefact("not on this machine")
        return self.there[digest]

    def stamp(self, digest: str) -> object:
        return digest in self.there


class Partition:
    """One partition's calls, in order, and its state."""

    def __init__(self) -> None:
        self.state: dict[bytes, bytes] = {}
        self.offset = 0
        self.shelf = Shelf()
        self.agent = TriageAgent(
            lambda _topic, _key: 0,
            classify=ONE,
            city=CATALOG.city,
            policy=CATALOG.policy,
            pseudonym_key=SAMPLE_KEY,
            models=Models(ONE, self.shelf),
        )

    def put(self, value: bytes, ce_type: bytes) -> Result:
        record = InputRecord("calls", 0, self.offset, int(NOW.timestamp() * 1000), b"k", value, (("ce_type", ce_type),))
        self.offset += 1
        result = self.agent.handle(record, self.state.get)
        self.state |= {key: value for key, value in result.state.items() if value is not None}
        return result

    def call(self, call_id: str) -> str:
        """The model that decided a call."""
        fields = {"call_id": call_id, "received_at": NOW.isoformat(), "text": "楼道灯坏了半个月没人换"}
        (output,) = self.put(json.dumps(fields).encode(), b"call.received.v1").outputs
        return str(json.loads(output.value or b"{}")["decision"]["model"])

    def promote(self, model: str, *, previous: str = RUNNING.digest) -> Result:
        promoted = ModelPromoted(
            promotion="p-1", model=model, previous=previous, by="W001", reason="更准", report=None, at=NOW
        )
        return self.put(promoted.encode(), b"model.promoted.v1")


def test_a_promotion_holds_from_its_place_in_the_log() -> None:
    partition = Partition()
    assert partition.call("c-1") == RUNNING.digest
    done = partition.promote("b" * 64)
    assert (done.outputs, done.state) == ([], {STATE_KEY: b"b" * 64 + b" " + RUNNING.digest.encode()})
    assert partition.call("c-2") == "b" * 64
    again = Partition()
    again.state = dict(partition.state)
    assert again.call("c-3") == "b" * 64, "whoever takes the partition over goes on with the same model"
    again.promote(RUNNING.digest, previous="b" * 64)
    assert again.call("c-4") == RUNNING.digest
    assert KEY == "model"


def test_what_cannot_be_read_as_a_call_is_advised_by_the_same_model() -> None:
    partition = Partition()
    partition.promote("b" * 64)
    record = InputRecord("calls", 0, 1, 0, b"k", '{"text":"楼道灯坏了半个月没人换"}'.encode(), ())
    (output,) = partition.agent.give_up(record, BadRecord("torn", code="D304"), partition.state.get).outputs
    assert json.loads(output.value or b"{}")["decision"]["model"] == "b" * 64


def test_a_model_that_is_not_here_never_stops_the_calls_and_is_taken_once_it_is_here() -> None:
    partition = Partition()
    partition.promote("c" * 64)
    assert partition.call("c-1") == RUNNING.digest
    partition.promote("b" * 64)
    partition.promote("c" * 64, previous="b" * 64)
    assert partition.call("c-2") == "b" * 64, "the model before it goes on, not the one that ships"
    partition.shelf.there["c" * 64] = ONE
    assert partition.call("c-3") == RUNNING.digest  # ONE answers under its own name


def test_a_state_that_names_one_model_alone_is_understood() -> None:
    partition = Partition()
    partition.state[STATE_KEY] = b"b" * 64
    assert partition.call("c-1") == "b" * 64
    partition.state[STATE_KEY] = b"c" * 64
    assert partition.call("c-2") == RUNNING.digest


def test_what_is_no_promotion_is_a_dead_letter() -> None:
    with pytest.raises(BadRecord) as caught:
        Partition().put(b"{}", b"model.promoted.v1")
    assert caught.value.code == "D314"


def test_models_are_loaded_by_their_digest_and_none_under_anothers(tmp_path: Path) -> None:
    found = FromStore(tmp_path, CATALOG.policy.triage, RUNNING)
    assert found.load(RUNNING.digest)("楼道灯坏了", None, None) == ONE("楼道灯坏了", None, None)
    before = found.stamp(RUNNING.digest)
    with pytest.raises(MissingArtefact):
        found.load("d" * 64)
    keep_model(tmp_path, RUNNING.digest)
    assert found.stamp(RUNNING.digest) != before


def test_a_model_without_cut_offs_for_the_city_s_costs_is_as_good_as_missing(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("model.json", "model.npz"):
        shutil.copyfile(MODEL_DIR / name, bare / name)
    digest = Classifier.load(bare).digest
    keep_model(tmp_path, digest, bare)
    triage = CATALOG.policy.triage
    dear = triage.model_copy(update={"look": triage.look * 2})
    with pytest.raises(MissingArtefact, match="cannot be used here"):
        FromStore(tmp_path, dear, RUNNING).load(digest)
    assert FromStore(tmp_path, triage, RUNNING).load(digest)("楼道灯坏了", None, None).model == digest
