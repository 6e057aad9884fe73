"""What the tests of the commands share beside fixtures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import yaml
from click.testing import Result
from worker_process import PATIENCE

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., Result]
T = TypeVar("T")


def rows(result: Result) -> list[dict[str, Any]]:
    """The JSON lines of standard output."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def city_with_another_unit(folder: Path) -> None:
    """Write the project's topics.yaml and agencies.yaml into `folder`, with one unit more, whose topic does not exist."""
    unit = {
        "code": "dragon-boats", "name": "市龙舟办", "kind": "department", "hours": "L1", "desk": "online",
        "channel": "topic", "valid_from": date(2020, 1, 1), "evidence": "a test", "handles": "龙舟",
    }  # fmt: skip
    agencies = yaml.safe_load((ROOT / "agencies.yaml").read_text("utf-8"))
    agencies["units"].append(unit)
    (folder / "agencies.yaml").write_text(yaml.safe_dump(agencies, allow_unicode=True), "utf-8")
    (folder / "topics.yaml").write_bytes((ROOT / "topics.yaml").read_bytes())


def call(**fields: object) -> dict[str, object]:
    """A call with an id of its own."""
    return {"call_id": f"p-{uuid4()}", "received_at": datetime.now(UTC).isoformat(), "text": "楼道灯坏了"} | fields


def lines(*values: object) -> str:
    """JSONL."""
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in values)


def until(told: str, question: Callable[[], T]) -> T:
    """Ask again and again until the answer is true, and return it; fails with `told` when patience is at an end."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {told}"
        time.sleep(0.05)
    return answer
