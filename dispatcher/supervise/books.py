"""What a city keeps beside the work: the ledger in SQL and its signed checkpoints, as processes of their own.

The two are commands made for a terminal: they say what they do in lines of JSON, and that is how it is known how far they are.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from dispatcher.broker.cache import make_folder
from dispatcher.settings import Settings
from dispatcher.supervise.health import Health
from dispatcher.supervise.supervisor import Supervisor, Tell, Worker

LEDGER, AUDIT = "ledger", "audit"
#: Names the cluster whose books lie in a folder.
_CLUSTER = "cluster"


class Books:
    """The supervised processes `ledger` and `audit`, each unless it is left out. `sign_every`: seconds, None: no audit.

    `signed`: how many checkpoints the topic holds, 0 before this run has made one; `broken`: how often the audit has raised an alarm.
    """

    def __init__(
        self, data: Path, settings: Settings, *, ledger: bool, sign_every: float | None, notes: Path, tell: Tell
    ) -> None:
        self._data = data
        self._settings = settings
        self._wanted = {LEDGER: ledger, AUDIT: sign_every is not None}
        self._sign_every = sign_every
        self._notes = notes
        self._tell = tell
        self._url = ""
        self.supervisor: Supervisor | None = None
        self.signed = 0
        self.broken = 0

    def start(self, bootstrap: str, cluster: str) -> None:
        """Spawn what is wanted, with the books of that cluster; returns at once."""
        folder = folder_of(self._data, cluster)
        env = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "DISPATCHER_HOME": str(self._settings.home)}
        env |= self._own(folder)
        programs = {
            LEDGER: ("ledger", "run", "--json"),
            AUDIT: (
                *("audit", "watch", "--json", "--every", str(self._sign_every)),
                *("--file", str(folder / "checkpoints.jsonl")),
            ),
        }
        self.supervisor = Supervisor(
            [
                self._worker(slot, program, self._data / "logs" / f"{slot}.log")
                for slot, program in programs.items()
                if self._wanted[slot]
            ],
            env=env,
            log_level=self._settings.log_level,
            notes=self._notes,
            tell=self._tell,
        )
        self.supervisor.start()

    def ready(self, slot: str) -> bool | None:
        """Whether a process is up with the topic; None where it is left out."""
        if not self._wanted[slot]:
            return None
        return self.supervisor is not None and self.supervisor.is_ready(slot)

    def _own(self, folder: Path) -> Mapping[str, str]:
        """Settings of the two. What may hold a password goes by the environment, never by the command line."""
        given = self._settings.ledger_url
        self._url = "DISPATCHER_LEDGER_URL" if given is not None else str(folder / "ledger.db")
        own = {"DISPATCHER_LEDGER_URL": given.get_secret_value() if given is not None else self._url}
        if self._wanted[AUDIT]:
            own["DISPATCHER_AUDIT_KEY"] = str(self._settings.audit_key or _sample_key(self._data / "audit.key"))
        return own

    def _worker(self, slot: str, program: tuple[str, ...], log: Path) -> Worker:
        worker = Worker(slot=slot, program=program, port=None, log=log)
        lines, spoken = Lines(log), -1

        async def ask() -> Health | None:
            nonlocal spoken
            for line in lines.new():
                if spoken != worker.pid:
                    spoken = worker.pid or -1
                    self._begins(slot)
                self._take(line)
            return Health(ready=spoken == worker.pid, stuck="", lanes=frozenset())

        worker.ask = ask
        return worker

    def _begins(self, slot: str) -> None:
        if slot == LEDGER:
            self._tell(f"the ledger in SQL is up with the topic: {self._url}", kind="ledger_ready", url=self._url)

    def _take(self, line: dict[str, Any]) -> None:
        if isinstance(made := line.get("checkpoint"), dict):
            first, number = not self.signed, int(made["number"])
            self.signed = number + 1  # they are counted from 0
            if first:
                told = f"checkpoint {number} is signed; one follows every {self._sign_every:g} s"
                self._tell(told, kind="checkpoint", number=number)
        elif isinstance(found := line.get("alarm"), dict):
            self.broken += 1
            place = f"{found.get('topic')}/{found.get('partition')}/{found.get('offset')}"
            self._tell(f"the ledger is broken at {place}: {found.get('told')}", kind="audit_alarm", bad=True, **found)


class Lines:
    """The JSON objects that are written to a log from now on, line by line."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._read = log.stat().st_size if log.exists() else 0

    def new(self) -> list[dict[str, Any]]:
        """Those since the last call; lines that are something else are left out."""
        try:
            with self._log.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self._read:  # put aside, and begun anew
                    self._read = 0
                file.seek(self._read)
                whole, newline, _torn = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        self._read += len(whole) + len(newline)
        found = []
        for line in whole.splitlines():
            try:
                told = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(told, dict):
                found.append(told)
        return found


def folder_of(data: Path, cluster: str) -> Path:
    """The folder ``ledger`` of a data folder, with the books of `cluster`: those of another one are put aside under its name."""
    folder, note = data / "ledger", data / "ledger" / _CLUSTER
    known = (note.read_text("utf-8").strip() if note.exists() else "") or cluster
    if known != cluster:
        folder.rename(data / f"ledger-{known}")
        if (aside := data / f"ledger-{cluster}").exists():
            aside.rename(folder)
    make_folder(folder, what="data folder")
    note.write_text(f"{cluster}\n", "utf-8")
    return folder


def _sample_key(private: Path) -> Path:
    """A key for trying it out, made where it is missing. A city's lies with its auditor: DISPATCHER_AUDIT_KEY."""
    from dispatcher.audit import keys

    if not private.exists():
        keys.new(private)
    return private
