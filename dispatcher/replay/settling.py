"""What is odd about the records that casework writes beside the ledger: read off the sieves, found again, and told."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dispatcher.domain.inbox import NeighbourSeen
from dispatcher.replay.findings import Finding, differing, is_hidden, load
from dispatcher.replay.outputs import KINDS, Sent
from dispatcher.replay.plan import Plan
from dispatcher.replay.setup import Part
from dispatcher.replay.sieve import Sieve
from dispatcher.stream import topics

#: Stages: the records are read; and where the sieves are not empty, the odd ones are read and made once more.
OUTPUTS: Final = "outputs"
ODD_RECORDED: Final = "odd outputs"
ODD_MADE: Final = "odd casework"
CASEWORK: Final = "casework"

#: Endings of counts that say that something is not as it was recorded, one for each kind.
DIFFERENCES: Final = ("that differ", "re-made, not recorded", "recorded, not re-made", "that differ: too many to name")
NOT_COMPARED: Final = (
    "of cases opened before the warm-up: not compared",
    "outside of what can be compared: not compared",
    "that a person sent again: not compared",
)
_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NEIGHBOUR: Final = NeighbourSeen.ce_type.encode()
_DAY_MS: Final = 86_400_000


@dataclass(slots=True)
class Odd:
    """Of each kind: digests that one side has more often (above 0: recorded), and how many could not be told apart."""

    known: dict[str, dict[bytes, int]] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)

    def wanted(self, kind: str | None = None) -> frozenset[bytes]:
        """Digests to be found again, of one kind or of all."""
        return frozenset(one for k, found in self.known.items() if kind in (None, k) for one in found)

    @property
    def is_made(self) -> bool:
        """Whether there is anything that is made again and was not recorded."""
        return any(count < 0 for found in self.known.values() for count in found.values())


def odd(parts: Iterable[Part]) -> Odd:
    """Both sides put together."""
    sieves: dict[str, Sieve] = {}
    for part in parts:
        for kind, plain in part.sieves.items():
            sieves.setdefault(kind, Sieve()).plus(Sieve.of(plain))
    result = Odd()
    for kind, sieve in sorted(sieves.items()):
        known, more = sieve.left()
        if more:
            result.more[kind] = abs(more)
        elif known:
            result.known[kind] = known
    return result


def left_out(parts: Iterable[Part]) -> tuple[dict[str, int], frozenset[str]]:
    """Cases that are not compared with the time from which on, and those of them that are from before what was read."""
    since: dict[str, int] = {}
    outside: set[str] = set()
    for part in parts:
        since |= dict.fromkeys((c for c in part.changed if c not in part.since), 0)
        since |= part.since
        outside.update(part.outside)
    return since, frozenset(outside)


@dataclass(slots=True)
class Settled:
    """What is added to the counts, and the odd records one by one."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    findings: list[Finding] = field(default_factory=list)


def settle(plan: Plan, parts: Iterable[Part]) -> Settled:
    """When all is read and made: every odd record with what is odd about it."""
    parts = list(parts)
    done = Settled()
    found = odd(parts)
    casework = [part for part in parts if part.stage == CASEWORK]
    outside = {case for part in casework for case in part.outside}
    changed = {case for part in parts for case in part.changed}
    recorded = _by_digest(part for part in parts if part.stage == ODD_RECORDED)
    made = _by_digest(part for part in parts if part.stage == ODD_MADE)
    for kind, more in found.more.items():
        done.counts[f"{KINDS[kind]} that differ: too many to name"] += more
    surplus: dict[tuple[str, bytes], tuple[list[Sent], list[Sent]]] = defaultdict(lambda: ([], []))
    for digests in found.known.values():
        for one, net in digests.items():
            sides = recorded if net > 0 else made
            same = sides[one]
            for sent in same[len(same) - abs(net) :]:
                name = KINDS[sent.kind]
                if net > 0:
                    done.counts[f"{name} the same"] -= 1
                if (why := _excused(sent, plan, outside, changed)) is not None:
                    done.counts[f"{name} {why}"] += 1
                elif net > 0 and len(same) > net:
                    done.counts[f"{name} recorded, not re-made"] += 1
                    done.findings.append(_finding("recorded twice", sent, None))
                else:
                    surplus[sent.topic, sent.ce_id][net < 0].append(sent)
    for there, again in surplus.values():
        both = min(len(there), len(again))
        for old, new in zip(there, again, strict=False):
            done.counts[f"{KINDS[old.kind]} that differ"] += 1
            done.findings.append(_finding("differs", old, new))
        for what, alone in (("recorded, not re-made", there[both:]), ("re-made, not recorded", again[both:])):
            for sent in alone:
                done.counts[f"{KINDS[sent.kind]} {what}"] += 1
                of = (sent, None) if alone[0] in there else (None, sent)
                done.findings.append(_finding(what, *of))
    return done


def _by_digest(parts: Iterable[Part]) -> dict[bytes, list[Sent]]:
    found: dict[bytes, list[Sent]] = defaultdict(list)
    for part in parts:
        for plain in part.found:
            sent = Sent.of(plain)
            found[sent.digest()].append(sent)
    for same in found.values():
        same.sort(key=lambda sent: _numbers(sent.place))
    return found


def _numbers(place: str) -> tuple[str, int, int]:
    topic, partition, offset = place.rsplit("/", 2)
    return topic, int(partition), int(offset)


def _excused(sent: Sent, plan: Plan, outside: set[str], changed: set[str]) -> str | None:
    """Why an odd record is no finding, if it is none: what a message does not say is known only here."""
    named = {sent.subject.decode("utf-8", "replace")}
    if sent.topic == topics.CASE_INBOX:
        named |= {one.decode() for one in _UUID.findall(sent.value)} | {sent.presumed() or ""}
    if named & changed:
        return "that follow a changed decision"
    if sent.topic == topics.CASE_INBOX and (named & outside or (sent.ce_type == _NEIGHBOUR and _is_early(sent, plan))):
        return "of cases opened before the warm-up: not compared"
    return None


def _is_early(sent: Sent, plan: Plan) -> bool:
    """Whether the cases that a place had seen before may have been opened before the first record that was read."""
    cold = [p for p, span in plan.inbox.items() if p not in plan.all_cases and plan.cases[p].start == span.start]
    firsts = [first for p in cold if (first := plan.windows[p][0]) is not None]
    at = sent.at_ms()
    return bool(firsts) and at is not None and at < max(firsts) + _DAY_MS


def _finding(what: str, old: Sent | None, new: Sent | None) -> Finding:
    one = new or old
    assert one is not None
    before, after = load(old.value if old is not None else None), load(new.value if new is not None else None)
    hidden = is_hidden(before, after) or (new is not None and new.hidden)
    found: Finding = {
        "stage": CASEWORK,
        "place": one.place,
        "what": what,
        "type": one.ce_type.decode("utf-8", "replace"),
        "case": one.subject.decode("utf-8", "replace"),
        "id": one.ce_id.decode("utf-8", "replace"),
        "hidden": hidden,
        "fields": [],
    }
    if old is not None:
        found["recorded"] = old.place
    elif new is not None:
        found["missing"] = new.topic
    if old is not None and new is not None:
        fields = differing(before, after, hidden=hidden)
        for name in ("key", "ce_type", "ce_time", "subject"):
            there, again = getattr(old, name), getattr(new, name)
            if there != again:
                fields.append([name, there.decode("utf-8", "replace")[:120], again.decode("utf-8", "replace")[:120]])
        found["fields"] = fields or [["(bytes)", "other", "other"]]
    return found
