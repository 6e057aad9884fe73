"""What a replay finds out, as plain values: they go from process to process, into the resume file and into the report."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from dispatcher.console.view import HIDDEN_REASON
from dispatcher.observe.logging import mask

#: Longer values are cut: a report names what differs, the topics hold it.
_SHOWN = 120
#: Fields of one record that are told; how many more there are is told too.
_FIELDS = 12
#: What quotes a person or reasons about what one said.
_PRIVATE = frozenset(
    (
        "text",
        "reason",
        "cues",
        "extracted",
        "place",
        "address",
        "gist",
        "suggestions",
        "routing",
        "ask",
        "caller",
        "who",
        "facts",
    )
)

Finding = dict[str, Any]
NO_HASH = bytes(32)


@dataclass(slots=True)
class Tally:
    """Of one partition of one stage: counts, what was found, and a chain of hashes over all that was compared."""

    counts: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    chain: bytes = NO_HASH

    def count(self, name: str, times: int = 1) -> None:
        """`times` more of `name`."""
        self.counts[name] = self.counts.get(name, 0) + times

    def outcome(self, old: str, new: str) -> None:
        """One decision that was `old` and is `new`."""
        pair = f"{old} > {new}"
        self.outcomes[pair] = self.outcomes.get(pair, 0) + 1

    def compared(self, offset: int, *values: bytes) -> None:
        """One record's recorded values and those made again, in this order, enter the chain."""
        self.chain = hashlib.sha256(b"%s%d\0%s" % (self.chain, offset, b"\0".join(values))).digest()

    def found(self, finding: Finding) -> None:
        """Keep it for the report."""
        self.findings.append(finding)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "counts": self.counts,
            "outcomes": self.outcomes,
            "findings": self.findings,
            "chain": self.chain.hex(),
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Tally":
        """From `plain`."""
        return cls(
            dict(plain["counts"]), dict(plain["outcomes"]), list(plain["findings"]), bytes.fromhex(plain["chain"])
        )


def added(maps: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts added up, in order of their names."""
    whole: dict[str, int] = {}
    for one in maps:
        for name, count in one.items():
            whole[name] = whole.get(name, 0) + count
    return dict(sorted(whole.items()))


def load(value: bytes | None) -> dict[str, Any]:
    """A message's fields; empty for what is no JSON object."""
    try:
        found = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def is_hidden(*values: Mapping[str, Any]) -> bool:
    """Whether one of these messages, or the call inside it, is confidential."""
    return any(bool(v.get("confidential")) or bool((v.get("call") or {}).get("confidential")) for v in values)


def shown(value: object) -> str:
    """A value for a person: JSON, cut, its numbers masked."""
    if value is None:
        return "none"
    text = mask(value if isinstance(value, str) else orjson.dumps(value).decode())
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def differing(old: object, new: object, *, hidden: bool, ignore: frozenset[str] = frozenset()) -> list[list[str]]:
    """``[path, old, new]`` of each leaf that differs, in the order of the fields; private ones without what they say."""
    found: list[list[str]] = []
    _walk("", old, new, found, ignore)
    told = [[path, *_told(path, before, after, hidden=hidden)] for path, before, after in found[:_FIELDS]]
    if len(found) > _FIELDS:
        told.append(["…", "", f"{len(found) - _FIELDS} more fields"])
    return told


def _told(path: str, before: object, after: object, *, hidden: bool) -> tuple[str, str]:
    names = path.replace("[", ".[").split(".")
    if hidden and not _PRIVATE.isdisjoint(names):
        return HIDDEN_REASON, HIDDEN_REASON
    if "caller" in names:  # a pseudonym tells two people apart, and that is enough
        return shown(before)[:8], shown(after)[:8]
    return shown(before), shown(after)


def _walk(path: str, old: Any, new: Any, found: list[Any], ignore: frozenset[str]) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            if name not in ignore:
                _walk(f"{path}.{name}" if path else name, old.get(name), new.get(name), found, ignore)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            _walk(f"{path}[{index}]", before, after, found, ignore)
    elif old != new or type(old) is not type(new):
        found.append((path or "(whole value)", old, new))
