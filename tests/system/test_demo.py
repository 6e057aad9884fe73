"""The story and how far it has been told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from dispatcher.demo import progress, story
from dispatcher.demo.progress import Progress
from dispatcher.domain.calls import read_call
from dispatcher.domain.errors import CatalogError
from dispatcher.domain.policy import IntakePolicy

BASE = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
POLICY = IntakePolicy.model_construct(
    record_max_bytes=1 << 20, text_max_characters=10_000, max_future_minutes=10, max_age_days=30
)


def test_every_line_of_the_story_is_a_call_that_the_intake_takes_and_none_lies_in_the_future() -> None:
    told = story.load()
    assert len(told.lines) >= 120
    ids = set()
    for number in range(len(told.lines)):
        call, value = told.call(number, run="0a1b2c3d", base=BASE)
        assert read_call(value, appended_at=BASE + story.HOUR, policy=POLICY) == call
        assert call.unknown_fields == ()
        assert BASE <= call.received_at <= BASE + story.HOUR
        ids.add(call.call_id)
    assert len(ids) == len(told.lines)


def test_what_a_person_would_decide_is_not_told_to_the_service() -> None:
    _, value = story.load().call(0, run="r", base=BASE)
    assert "expect" not in orjson.loads(value)


def test_the_same_number_is_the_same_bytes() -> None:
    told = story.load()
    assert told.call(7, run="r", base=BASE)[1] == story.load().call(7, run="r", base=BASE)[1]


@pytest.mark.parametrize("line", ["not JSON", "[]", '{"at": 1}', '{"text": "喂"}', '{"at": "x", "text": "喂"}'])
def test_a_story_with_a_mistake_names_the_line(line: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"at": 0, "text": "灯坏了"}\n\n' + line, "utf-8")
    with pytest.raises(CatalogError, match=r"mine\.jsonl: line 3: "):
        story.load(path)


def test_progress_is_kept_for_one_story_on_one_cluster(tmp_path: Path) -> None:
    begun = Progress.begin(cluster="a", story="s", base=BASE)
    progress.write(tmp_path, begun.model_copy(update={"told": 3, "base": BASE + timedelta(hours=1)}))
    found = progress.read(tmp_path, cluster="a", story="s")
    assert found is not None
    assert (found.told, found.run, found.base) == (3, begun.run, BASE + timedelta(hours=1))
    assert progress.read(tmp_path, cluster="b", story="s") is None
    assert progress.read(tmp_path, cluster="a", story="t") is None


def test_a_torn_file_is_no_progress(tmp_path: Path) -> None:
    (tmp_path / progress.FILE).write_text('{"cluster": "a", "sto')
    assert progress.read(tmp_path, cluster="a", story="s") is None
