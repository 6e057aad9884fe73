"""The resume file: an SQLite file with the pinned plan, and of each partition how far it has come and what it knew."""

import sqlite3
from base64 import b85decode, b85encode
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from dispatcher.domain.errors import NotFound
from dispatcher.replay.findings import Tally
from dispatcher.replay.plan import Plan
from dispatcher.replay.reading import Span
from dispatcher.replay.setup import Part

_FORMAT = 2
_SPANS = ("calls", "inbox", "answers", "cases", "events", "keys")


def save(path: Path, request: dict[str, Any], plan: Plan, parts: Iterable[Part]) -> None:
    """Write the file anew. `request`: what the replay was asked for, as plain values."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with closing(sqlite3.connect(fresh)) as file, file:
        file.execute("CREATE TABLE replay (format INTEGER, request TEXT, plan TEXT)")
        file.execute("CREATE TABLE part (stage TEXT, partition INTEGER, told TEXT)")
        file.execute("CREATE TABLE state (stage TEXT, partition INTEGER, key BLOB, value BLOB)")
        file.execute(
            "CREATE TABLE override (call_partition INTEGER, call_offset INTEGER, stage TEXT, partition INTEGER, value BLOB)"
        )
        told = orjson.dumps(_plain(plan)).decode()
        file.execute("INSERT INTO replay VALUES (?, ?, ?)", (_FORMAT, orjson.dumps(request).decode(), told))
        for part in parts:
            where = (part.stage, part.partition)
            file.execute("INSERT INTO part VALUES (?, ?, ?)", (*where, _told(part)))
            file.executemany("INSERT INTO state VALUES (?, ?, ?, ?)", ((*where, k, v) for k, v in part.state))
            file.executemany(
                "INSERT INTO override VALUES (?, ?, ?, ?, ?)",
                ((p, o, *where, value) for (p, o), value in part.overrides.items()),
            )
    fresh.replace(path)


def load(path: Path) -> tuple[dict[str, Any], Plan, list[Part]]:
    """Request, plan and parts. Raises `NotFound` for a file that is none."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file:
            format_, request, plan = file.execute("SELECT * FROM replay").fetchone()
            if format_ != _FORMAT:
                raise NotFound(f"{path.name} was left by another version", hint="Begin anew without --resume")
            parts = {}
            for stage, partition, told in file.execute("SELECT * FROM part ORDER BY stage, partition"):
                parts[stage, partition] = _part(stage, partition, orjson.loads(told))
            for stage, partition, key, value in file.execute("SELECT * FROM state"):
                parts[stage, partition].state.append((key, value))
            for call_partition, call_offset, stage, partition, value in file.execute("SELECT * FROM override"):
                parts[stage, partition].overrides[call_partition, call_offset] = value
            return orjson.loads(request), _plan(orjson.loads(plan)), list(parts.values())
    except (sqlite3.Error, TypeError, KeyError, ValueError) as error:
        raise NotFound(f"{path.name} is no resume file of a replay: {error}", hint="Begin anew") from None


def _plain(plan: Plan) -> dict[str, Any]:
    spans = {name: {str(p): [s.start, s.end] for p, s in getattr(plan, name).items()} for name in _SPANS}
    return {
        **spans,
        "all_calls": plan.all_calls,
        "all_cases": sorted(plan.all_cases),
        "partitions": plan.partitions,
        "worked_off": {str(p): offset for p, offset in plan.worked_off.items()},
        "set_aside": [[*place, *told] for place, told in sorted(plan.set_aside.items())],
        "windows": {str(p): list(window) for p, window in plan.windows.items()},
        "outputs": [[*place, span.start, span.end] for place, span in sorted(plan.outputs.items())],
        "agencies": dict(plan.agencies),
    }


def _plan(plain: dict[str, Any]) -> Plan:
    spans = {name: {int(p): Span(*ends) for p, ends in plain[name].items()} for name in _SPANS}
    return Plan(
        **spans,
        all_calls=plain["all_calls"],
        all_cases=frozenset(plain["all_cases"]),
        partitions=plain["partitions"],
        worked_off={int(p): offset for p, offset in plain["worked_off"].items()},
        set_aside={(p, o): (code, reason) for p, o, code, reason in plain["set_aside"]},
        windows={int(p): (first, end) for p, (first, end) in plain["windows"].items()},
        outputs={(topic, p): Span(start, end) for topic, p, start, end in plain["outputs"]},
        agencies=plain["agencies"],
    )


_SCALARS = ("next_offset", "done", "open", "decided_by", "changed", "outside", "since", "found")


def _told(part: Part) -> str:
    plain = {name: getattr(part, name) for name in _SCALARS} | {"tally": part.tally.plain()}
    for name in ("low", "high"):
        plain[name] = {str(p): offset for p, offset in getattr(part, name).items()}
    plain["sieves"] = {kind: b85encode(sieve).decode() for kind, sieve in part.sieves.items()}
    return orjson.dumps(plain).decode()


def _part(stage: str, partition: int, plain: dict[str, Any]) -> Part:
    part = Part(stage, partition, tally=Tally.of(plain["tally"]))
    for name in _SCALARS:
        setattr(part, name, plain[name])
    part.low = {int(p): offset for p, offset in plain["low"].items()}
    part.high = {int(p): offset for p, offset in plain["high"].items()}
    part.sieves = {kind: b85decode(sieve) for kind, sieve in plain["sieves"].items()}
    return part
