"""The gate's report: an object, and how it is read as JSON, as text, and as one self-contained page."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader

from dispatcher.learning.gate import Change, Compared, Finding

_PAGES = Environment(
    loader=PackageLoader("dispatcher.learning", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_FIRST = {"newly missed": 0, "made wrong": 1, "": 2, "put right": 3, "newly caught": 4}


@dataclass(frozen=True, slots=True)
class Report:
    """All that a gate found. `since` and `until` are the range of live calls, None where none were decided again."""

    proposed: str
    running: str
    policy: str
    at: datetime
    since: datetime | None
    until: datetime | None
    sets: Mapping[str, Compared]
    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> bool:
        """Whether every condition is kept."""
        return all(one.kept for one in self.findings)

    def changes(self) -> Iterator[tuple[str, Change]]:
        """Every changed decision with its set, the dangerous ones first."""
        found = [(name, change) for name, one in self.sets.items() for change in one.changes]
        yield from sorted(found, key=lambda pair: (_FIRST[pair[1].mark], pair[0], pair[1].name))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "accepted": self.accepted,
            "proposed": self.proposed,
            "running": self.running,
            "policy": self.policy,
            "at": self.at.isoformat(),
            "since": self.since.isoformat() if self.since is not None else None,
            "until": self.until.isoformat() if self.until is not None else None,
            "findings": [asdict(one) for one in self.findings],
            "sets": {name: found.as_dict() for name, found in self.sets.items()},
        }

    def as_json(self) -> bytes:
        """The report as it is kept; its sha256 is what a promotion names."""
        return orjson.dumps(self.as_dict(), option=orjson.OPT_INDENT_2) + b"\n"

    @property
    def digest(self) -> str:
        """sha256 of `as_json`."""
        return hashlib.sha256(self.as_json()).hexdigest()

    def as_text(self) -> Iterator[str]:
        """Lines for a terminal."""
        yield f"proposed {self.proposed[:12]} against running {self.running[:12]}: {'accepted' if self.accepted else 'refused'}"
        for name, found in self.sets.items():
            yield (
                f"{name}: {found.calls:,} calls, {found.police:,} police or joint; {len(found.changes):,} decided otherwise, "
                f"{found.newly_missed:,} newly missed, {found.newly_caught:,} newly caught"
            )
        for one in self.findings:
            sign = "kept  " if one.kept else "BROKEN"
            yield f"{sign}  {one.set}: {one.what}: {one.running} → {one.proposed} (limit {one.limit})"
        for name, change in self.changes():
            yield f"{name}  {line_of(change)}"

    def page(self) -> str:
        """The page; it fetches nothing."""
        return _PAGES.get_template("gate.html").render(r=self, changes=list(self.changes()))


def line_of(change: Change) -> str:
    """A changed decision in one line: what it was, what it would be, and why."""
    old, new = change.old, change.new
    mark = f"[{change.mark}] " if change.mark else ""
    truth = f", in truth {change.truth}" if change.truth else ""
    shown = f"  {change.text}" if change.text else ""
    return (
        f"{mark}{change.name}: {old.outcome} {old.category} {old.urgency} → {new.outcome} {new.category} {new.urgency}"
        f"{truth}  ({change.why}){shown}"
    )
