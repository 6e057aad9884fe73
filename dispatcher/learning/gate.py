"""Whether a new model may take the running one's place. Pure but for the two models: questions in, a verdict out.

The one thing that counts above all: no police or joint call that the running model caught may be missed, that is answered
non_police or invalid. Leaving it to a person is catching it. All the rest are shares that may fall only so far.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple

from classifiers.figures import Figure
from dispatcher.domain.codes import DANGER, Outcome
from dispatcher.domain.triage import Answer, Classify
from dispatcher.learning.policy import GatePolicy
from dispatcher.learning.replaying import LIVE, Question

_QUIET = (Outcome.NON_POLICE, Outcome.INVALID)


class Told(NamedTuple):
    """What a model answers, as far as a decision goes."""

    outcome: str
    category: str
    urgency: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Change:
    """A decision that the new model makes otherwise. `mark`: newly missed, newly caught, put right, made wrong, or nothing."""

    name: str
    case: str | None
    truth: str | None
    old: Told
    new: Told
    mark: str
    why: str
    text: str | None


@dataclass(slots=True)
class Side:
    """What one model does to a set. `missed` counts by every known truth; the shares right only by what a person named, since a live
    call that nobody contradicted would prove the running model right whatever it said."""

    reviewed: int = 0
    missed: int = 0
    decided: int = 0
    outcome_right: int = 0
    category_right: int = 0
    harmless: int = 0
    harmless_right: int = 0
    known: Counter[str] = field(default_factory=Counter)  # calls of danger that got their own category, by it

    def take(self, question: Question, answer: Answer) -> None:
        outcome = Outcome(answer.outcome)
        if outcome is Outcome.REVIEW:
            self.reviewed += 1
            return
        self.missed += missed(question, outcome)
        if question.category is None:
            return
        right = answer.category == question.category
        self.decided += 1
        self.outcome_right += outcome is question.outcome
        self.category_right += right
        if outcome is Outcome.NON_POLICE:
            self.harmless += 1
            self.harmless_right += right
        if question.outcome in DANGER and right:
            self.known[question.category] += 1

    def as_dict(self) -> dict[str, Any]:
        """Plain values, `known` in the order of its codes."""
        counts = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "known"}
        return counts | {"known": dict(sorted(self.known.items()))}


@dataclass(slots=True)
class Compared:
    """One set, decided by both. `police`: the calls that are police or joint in truth; `dangers`: those of them whose category is
    known, by it."""

    name: str
    calls: int = 0
    police: int = 0
    dangers: Counter[str] = field(default_factory=Counter)
    old: Side = field(default_factory=Side)
    new: Side = field(default_factory=Side)
    newly_missed: int = 0
    newly_caught: int = 0
    changes: list[Change] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Figures and changes as plain values."""
        return {
            "calls": self.calls,
            "police_or_joint": self.police,
            "newly_missed": self.newly_missed,
            "newly_caught": self.newly_caught,
            "running": self.old.as_dict(),
            "proposed": self.new.as_dict(),
            "changed": len(self.changes),
            "changes": [{**asdict(one), "old": one.old._asdict(), "new": one.new._asdict()} for one in self.changes],
        }


def missed(question: Question, outcome: Outcome) -> bool:
    """A police or joint call answered as if police were not needed."""
    return question.outcome in DANGER and outcome in _QUIET


def told(answer: Answer) -> Told:
    """The part of an answer that is a decision, and how sure it is."""
    return Told(
        str(answer.outcome), answer.category, str(answer.urgency), answer.rule, round(float(answer.confidence), 4)
    )


Why = Callable[[Question, Answer, Answer], str]


def compare(
    name: str,
    questions: Iterable[Question],
    old: Classify,
    new: Classify,
    *,
    why: Why,
    advance: Callable[[], None] = lambda: None,
) -> Compared:
    """Let both models decide each question."""
    found = Compared(name)
    for question in questions:
        take(found, question, old, new, why=why)
        advance()
    return found


def take(found: Compared, question: Question, old: Classify, new: Classify, *, why: Why) -> None:
    """One question more."""
    before = old(question.text, question.address, question.received_at)
    after = new(question.text, question.address, question.received_at)
    found.calls += 1
    if question.outcome in DANGER:
        found.police += 1
        if question.category is not None:
            found.dangers[question.category] += 1
    found.old.take(question, before)
    found.new.take(question, after)
    was, now = missed(question, Outcome(before.outcome)), missed(question, Outcome(after.outcome))
    found.newly_missed += now and not was
    found.newly_caught += was and not now
    one, other = told(before), told(after)
    if one[:3] != other[:3]:
        found.changes.append(
            Change(
                question.name,
                question.case,
                question.outcome.value if question.outcome is not None else None,
                one,
                other,
                _mark(question, one, other, was=was, now=now),
                why(question, before, after),
                question.shown,
            )
        )


def _mark(question: Question, old: Told, new: Told, *, was: bool, now: bool) -> str:
    if was is not now:
        return "newly missed" if now else "newly caught"
    if question.outcome is None or Outcome.REVIEW in (old.outcome, new.outcome):
        return ""

    def right(told_: Told) -> bool:
        return told_.outcome == question.outcome and question.category in (None, told_.category)

    if right(old) is right(new):
        return ""
    return "put right" if right(new) else "made wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition of the gate on one set, and whether it is kept."""

    set: str
    what: str
    running: str
    proposed: str
    limit: str
    kept: bool


def judge(sets: Mapping[str, Compared], policy: GatePolicy) -> list[Finding]:
    """Every condition, set by set. A model is accepted where all are kept."""
    findings = []
    frozen = [found for name, found in sets.items() if name != LIVE]
    findings.append(_newly_missed("frozen sets", frozen, policy.newly_missed_test))
    before, after = sum(one.old.missed for one in frozen), sum(one.new.missed for one in frozen)
    more = policy.missed_more
    findings.append(
        Finding(
            "frozen sets",
            "police or joint calls missed in all",
            f"{before:,}",
            f"{after:,}",
            f"{more} more",
            after <= before + more,
        )
    )
    findings.append(_dangers(frozen, policy))
    if LIVE in sets:
        findings.append(_newly_missed(LIVE, [sets[LIVE]], policy.newly_missed_live))
    for name, found in sets.items():
        findings += _of_shares(name, found, policy)
    return findings


def _newly_missed(name: str, sets: Iterable[Compared], allowed: int) -> Finding:
    found = list(sets)
    count = sum(one.newly_missed for one in found)
    return Finding(
        name,
        "police or joint calls that the running model catches and the proposed one misses",
        f"of {sum(one.police for one in found):,}",
        f"{count:,}",
        f"{allowed}",
        count <= allowed,
    )


def _dangers(frozen: list[Compared], policy: GatePolicy) -> Finding:
    """Of the categories of danger the one that the new model forgets most. A call of it may still be caught as another, which is
    why no missed call would show that; but the wrong police come, or come late."""
    total: Counter[str] = Counter()
    old: Counter[str] = Counter()
    new: Counter[str] = Counter()
    for one in frozen:
        total += one.dangers
        old += one.old.known
        new += one.new.known
    judged = [code for code in sorted(total) if total[code] >= policy.least_dangers]
    worst = max(judged, key=lambda code: (old[code] - new[code]) / total[code], default=None)
    if worst is None:
        return Finding("frozen sets", "own category of a danger", "none", "none", "not judged: too few", True)
    before, after = Figure(old[worst], total[worst]), Figure(new[worst], total[worst])
    return Finding(
        "frozen sets",
        f"calls of {worst} known as such, of all dangers the one that loses most",
        _percent(before),
        _percent(after),
        f"{policy.danger_loss * 100:g} points less",
        before.share - after.share <= policy.danger_loss + 1e-12,
    )


def _of_shares(name: str, found: Compared, policy: GatePolicy) -> Iterable[Finding]:
    old, new = found.old, found.new
    yield _share(
        name,
        "left to a person",
        Figure(old.reviewed, found.calls),
        Figure(new.reviewed, found.calls),
        policy.review_more,
        policy.least_counted,
        more=True,
    )
    yield _share(
        name,
        "outcome right, of those decided",
        Figure(old.outcome_right, old.decided),
        Figure(new.outcome_right, new.decided),
        policy.outcome_loss,
        policy.least_counted,
    )
    yield _share(
        name,
        "category right, of those decided",
        Figure(old.category_right, old.decided),
        Figure(new.category_right, new.decided),
        policy.category_loss,
        policy.least_counted,
    )
    yield _share(
        name,
        "category right, of non-police decided",
        Figure(old.harmless_right, old.harmless),
        Figure(new.harmless_right, new.harmless),
        policy.category_loss,
        policy.least_counted,
    )


def _share(
    name: str, what: str, old: Figure, new: Figure, allowed: float, least: int, *, more: bool = False
) -> Finding:
    worse = new.share - old.share if more else old.share - new.share
    # A model that decides nothing would have no wrong decision either: its share of nothing counts as it is, 0.
    judged = old.total >= least
    limit = f"{allowed * 100:g} points {'more' if more else 'less'}" if judged else f"not judged: fewer than {least}"
    return Finding(name, what, _percent(old), _percent(new), limit, not judged or worse <= allowed + 1e-12)


def _percent(figure: Figure) -> str:
    return f"{figure.share:.2%} ({figure.hits:,}/{figure.total:,})" if figure.total else "none"
