"""A promotion among the calls: from there on, in that partition, another model decides; and what no model is here for goes on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stream_cluster import CATALOG

from classifiers import Classifier
from dispatcher.artefacts import MissingArtefact
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.model_events import KEY, ModelPromoted
from dispatcher.settings import SAMPLE_KEY
from dispatcher.stream.agents import TriageAgent
from dispatcher.stream.classify import classify_with
from dispatcher.stream.models import KEY as STATE_KEY
from dispatcher.stream.models import Models, load_from
from dispatcher.stream.records import InputRecord, Result

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
RUNNING = Classifier.load()
ONE = classify_with(RUNNING, CATALOG.policy.triage)


def other(text: str, address: str | None, received_at: datetime | None):  # type: ignore[no-untyped-def]
    """The running model under another name, so that decisions show who made them."""
    answer = ONE(text, address, received_at)
    return type(answer)(**{name: getattr(answer, name) for name in answer.__slots__} | {"model": "b" * 64})


def load(digest: str):  # type: ignore[no-untyped-def]
    if digest != "b" * 64:
        raise MissingArtefact("not on this machine")
    return other


class Partition:
    """One partition's calls, in order, and its state."""

    def __init__(self) -> None:
        self.state: dict[bytes, bytes] = {}
        self.offset = 0
        self.agent = TriageAgent(
            lambda _topic, _key: 0,
            classify=ONE,
            city=CATALOG.city,
            policy=CATALOG.policy,
            pseudonym_key=SAMPLE_KEY,
            models=Models(ONE, load),
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

    def promote(self, model: str) -> Result:
        promoted = ModelPromoted(
            promotion="p-1", model=model, previous=RUNNING.digest, by="W001", reason="更准", report=None, at=NOW
        )
        return self.put(promoted.encode(), b"model.promoted.v1")


def test_a_promotion_holds_from_its_place_in_the_log() -> None:
    partition = Partition()
    assert partition.call("c-1") == RUNNING.digest
    done = partition.promote("b" * 64)
    assert (done.outputs, done.state) == ([], {STATE_KEY: b"b" * 64})
    assert partition.call("c-2") == "b" * 64
    again = Partition()
    again.state = dict(partition.state)
    assert again.call("c-3") == "b" * 64, "whoever takes the partition over goes on with the same model"
    again.promote(RUNNING.digest)
    assert again.agent.handle is not None
    assert KEY == "model"


def test_a_model_that_is_not_here_never_stops_the_calls() -> None:
    partition = Partition()
    partition.promote("c" * 64)
    assert partition.call("c-1") == RUNNING.digest


def test_what_is_no_promotion_is_a_dead_letter() -> None:
    with pytest.raises(BadRecord) as caught:
        Partition().put(b"{}", b"model.promoted.v1")
    assert caught.value.code == "D314"


def test_models_are_loaded_by_their_digest_and_none_under_anothers(tmp_path: Path) -> None:
    found = load_from(tmp_path, CATALOG.policy.triage, RUNNING)
    assert found(RUNNING.digest)("楼道灯坏了", None, None) == ONE("楼道灯坏了", None, None)
    with pytest.raises(MissingArtefact):
        found("d" * 64)
