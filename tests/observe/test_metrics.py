"""The vocabulary of metrics: declared once, explained, and nothing personal in a label."""

import json
import urllib.error
import urllib.request

import pytest
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics import MetricWrapperBase

from dispatcher.observe import metrics
from dispatcher.observe.health import Health, serve

DECLARED = {name: value for name, value in vars(metrics).items() if isinstance(value, MetricWrapperBase)}
#: Closed lists or small numbers, every one of them: nothing that a caller could say.
LABELS = {"outcome", "rule", "agency", "role", "stage", "partition"}


@pytest.mark.parametrize("metric", DECLARED.values(), ids=list(DECLARED))
def test_each_has_a_name_of_ours_a_sentence_and_harmless_labels(metric: MetricWrapperBase) -> None:
    (family,) = metric.describe()
    assert family.name.startswith("dispatcher_")
    assert family.documentation.endswith((".", "!"))
    assert set(metric._labelnames) <= LABELS


def test_there_are_counters_gauges_and_times() -> None:
    assert {type(metric) for metric in DECLARED.values()} == {Counter, Gauge, Histogram}
    assert len({next(iter(metric.describe())).name for metric in DECLARED.values()}) == len(DECLARED)


def test_a_label_that_is_not_declared_is_an_error() -> None:
    with pytest.raises(ValueError, match="label"):
        metrics.DECISIONS.labels(caller="13800000001")


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_lane_counts_its_progress() -> None:
    lane = metrics.lane("test-stage", 3)
    labels = {"stage": "test-stage", "partition": "3"}
    lane.progressed(5, floor=105, entries=7)
    lane.progressed(2, floor=107, entries=8)
    assert value("dispatcher_records_total", **labels) == 7
    assert value("dispatcher_committed_offset", **labels) == 107
    assert value("dispatcher_state_entries", **labels) == 8
    assert metrics.lane("test-stage", 3) is lane


class Stage:
    """Lanes in the state that a test wants."""

    def __init__(self, **lanes: bool) -> None:
        self.lanes = lanes

    def summary(self) -> dict[str, dict[str, object]]:
        return {
            name: {"open": is_open, "floor": 1, "waiting": 0, "stopped": False} for name, is_open in self.lanes.items()
        }


@pytest.mark.parametrize(
    ("stages", "stuck", "ready"),
    [
        ([], "", False),
        ([Stage()], "", False),
        ([Stage(a=True), Stage(b=False)], "", False),
        ([Stage(a=True), Stage(b=True)], "", True),
        ([Stage(a=True)], "lane a", False),
    ],
)
def test_ready_when_every_lane_is_open_and_none_is_stuck(stages: list[Stage], stuck: str, ready: bool) -> None:
    health = Health(stages)
    health.stuck = stuck
    assert health.report()["ready"] is ready
    assert value("dispatcher_ready") == ready


def get(port: int, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_the_door_tells_health_and_metrics() -> None:
    health = Health([Stage(a=True)])
    door = serve(0, health)
    port = door.server_address[1]
    try:
        status, body = get(port, "/ready")
        assert (status, json.loads(body)["ready"]) == (200, True)
        health.stuck = "lane a"
        assert get(port, "/ready")[0] == 503
        assert get(port, "/live")[0] == 503
        assert get(port, "/elsewhere")[0] == 404
        status, body = get(port, "/metrics")
        assert status == 200
        assert b"dispatcher_decisions_total" in body or b"dispatcher_decisions" in body
        assert b"dispatcher_ready" in generate_latest()
    finally:
        door.shutdown()
        door.server_close()
