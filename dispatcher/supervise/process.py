"""One worker process: its command, its log file, its end."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

#: A log that is larger when a worker starts is put aside; the newest of the old ones has the suffix .1.
LOG_BYTES = 5_000_000
LOGS_KEPT = 3
_TAIL_BYTES = 8_192


def command(program: Sequence[str], *, port: int | None, wait_broker: float, log_level: str) -> list[str]:
    """The command line of `program` (a command with its options), which serves health and metrics on `port` and ends with
    this process. `port` None: a command made for a terminal, see `dispatcher.supervise.kept`."""
    if port is None:
        return [sys.executable, "-m", "dispatcher.supervise.kept", str(os.getpid()), *program]
    return [
        *(sys.executable, "-m", "dispatcher", *program),
        *("--metrics-port", str(port), "--log-level", log_level),
        *("--wait-broker", str(wait_broker), "--parent-pid", str(os.getpid())),
    ]


async def spawn(command: list[str], *, env: Mapping[str, str], log: Path) -> asyncio.subprocess.Process:
    """Start `command` with its output appended to `log`.

    It gets a session of its own, so that a Ctrl-C in the terminal reaches only the supervisor.
    """
    rotate(log)
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *command,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to the whole process group that `pid` leads; nothing if it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def rotate(log: Path) -> None:
    """Put a grown log aside: .1 is the newest, `LOGS_KEPT` are kept."""
    try:
        if log.stat().st_size < LOG_BYTES:
            return
    except FileNotFoundError:
        return
    for number in range(LOGS_KEPT - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    log.replace(log.with_name(f"{log.name}.1"))


def last_words(log: Path) -> str:
    """The last line of the log that says something, in short: of a JSON line its event and reason."""
    try:
        with log.open("rb") as handle:
            handle.seek(max(0, os.fstat(handle.fileno()).st_size - _TAIL_BYTES))
            lines = handle.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    try:
        told = orjson.loads(last)
    except orjson.JSONDecodeError:
        return last
    if not isinstance(told, dict):
        return last
    reason = str(told.get("reason") or told.get("exception") or "").strip().splitlines()
    return ": ".join(part for part in (str(told.get("event", "")), reason[-1] if reason else "") if part)
