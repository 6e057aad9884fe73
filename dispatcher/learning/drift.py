"""Whether calls, or what is made of them, have become other than they were. Pure: two windows in, measures and alerts out.

Two questions are asked of each measure: is the change more than chance (a test, corrected for all tests of the watch together),
and is it large enough to matter. Only both together are an alert.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dispatcher.domain.codes import Outcome
from dispatcher.learning.policy import DriftPolicy
from dispatcher.learning.statistics import Moments, holm, homogeneity, stability_index, two_means, two_proportions


@dataclass(slots=True)
class Window:
    """What was decided in a span of time. `corrected`: decisions of people and units in it that said otherwise than the service."""

    calls: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    confidence: Moments = field(default_factory=Moments)
    unknown: Moments = field(default_factory=Moments)
    corrected: int = 0

    def add(self, *, outcome: str, category: str, confidence: float, unknown: float | None = None) -> None:
        """One call. unknown: the share of its features that the model has never seen; None where its text is not there."""
        self.calls += 1
        self.outcomes[outcome] += 1
        self.categories[category] += 1
        self.confidence = self.confidence.plus(confidence)
        if unknown is not None:
            self.unknown = self.unknown.plus(unknown)

    @property
    def reviewed(self) -> int:
        return self.outcomes[Outcome.REVIEW.value]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure in both windows. `chance`: the corrected p-value; `large`: whether the change passes its limit in the policy."""

    what: str
    name: str
    kind: str  # share, mean or index
    before: float
    now: float
    change: float
    limit: str
    chance: float
    large: bool
    alert: bool

    @property
    def words(self) -> str:
        """The measure in a sentence."""
        surely = "p < 1e-12" if self.chance < 1e-12 else f"p {self.chance:.2g}"
        if self.kind == "index":
            return f"{self.what}: population stability index {self.now:.3f}, limit {self.limit}; {surely}"
        moved = "rose" if self.change > 0 else "fell" if self.change < 0 else "stayed"
        told = f"{self.what} {moved} from {self.before:.2%} to {self.now:.2%}"
        return f"{told}, {self.change * 100:+.2f} points, limit {self.limit}; {surely}"


@dataclass(frozen=True, slots=True)
class Watch:
    """What came of a comparison. `too_few`: why nothing can be said, in words."""

    reference_calls: int
    window_calls: int
    alarm_rate: float
    measures: tuple[Measure, ...] = ()
    too_few: str | None = None

    @property
    def alerts(self) -> tuple[Measure, ...]:
        """The measures that are alerts, the surest first."""
        return tuple(sorted((one for one in self.measures if one.alert), key=lambda one: (one.chance, one.what)))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "reference_calls": self.reference_calls,
            "window_calls": self.window_calls,
            "alarm_rate": self.alarm_rate,
            "too_few": self.too_few,
            "alerts": [one.words for one in self.alerts],
            "measures": [asdict(one) for one in self.measures],
        }


@dataclass(frozen=True, slots=True)
class _Asked:
    """A measure before its chance is corrected."""

    what: str
    name: str
    kind: str
    before: float
    now: float
    limit: str
    chance: float
    large: bool


def watch(reference: Window, window: Window, policy: DriftPolicy, *, names: Mapping[str, str] | None = None) -> Watch:
    """Compare the window with the reference. names: categories by code as a person calls them."""
    few = min(reference.calls, window.calls)
    if few < policy.least_calls:
        which = "reference" if reference.calls <= window.calls else "window"
        said = f"the {which} holds {few:,} calls; below {policy.least_calls:,} nothing can be said"
        return Watch(reference.calls, window.calls, policy.alarm_rate, too_few=said)
    asked = [*_indices(reference, window, policy), *_shares(reference, window, policy, names or {})]
    asked += _means(reference, window, policy)
    corrected = holm([one.chance for one in asked])
    measures = tuple(
        Measure(
            what=one.what,
            name=one.name,
            kind=one.kind,
            before=one.before,
            now=one.now,
            change=one.now - one.before,
            limit=one.limit,
            chance=chance,
            large=one.large,
            alert=one.large and chance < policy.alarm_rate,
        )
        for one, chance in zip(asked, corrected, strict=True)
    )
    return Watch(reference.calls, window.calls, policy.alarm_rate, measures)


def _indices(reference: Window, window: Window, policy: DriftPolicy) -> list[_Asked]:
    limit = policy.stability_index
    found = []
    for what, name, now, before in (
        ("distribution of outcomes", "outcomes", window.outcomes, reference.outcomes),
        ("distribution of categories", "categories", window.categories, reference.categories),
    ):
        index = stability_index(now, before)
        # The index of a small window is large by chance alone; the test beside it knows how large.
        found.append(_Asked(what, name, "index", 0.0, index, f"{limit:g}", homogeneity(now, before), index >= limit))
    return found


def _shares(reference: Window, window: Window, policy: DriftPolicy, names: Mapping[str, str]) -> list[_Asked]:
    def asked(what: str, name: str, now: int, before: int, limit: str, large: Callable[[float, float], bool]) -> _Asked:
        share, earlier = now / window.calls, before / reference.calls
        chance = two_proportions(now, window.calls, before, reference.calls)
        return _Asked(what, name, "share", earlier, share, limit, chance, large(share, earlier))

    def far(share: float, before: float) -> bool:
        low, high = sorted((share, before))
        return high - low >= policy.share_points and high >= policy.share_ratio * low

    usual = f"{policy.share_points * 100:g} points and a factor of {policy.share_ratio:g}"
    found = [
        asked(
            f"share of outcome {code}", f"outcome.{code}", window.outcomes[code], reference.outcomes[code], usual, far
        )
        for code in sorted({*window.outcomes, *reference.outcomes} - {Outcome.REVIEW.value})
        if window.outcomes[code] + reference.outcomes[code] >= policy.least_pooled
    ]
    for code in sorted({*window.categories, *reference.categories}):
        now, before = window.categories[code], reference.categories[code]
        if now + before >= policy.least_pooled:
            what = f"share of {names[code]} ({code})" if code in names else f"share of {code or 'no category'}"
            found.append(asked(what, f"category.{code}", now, before, usual, far))
    points = policy.review_points
    found.append(
        asked(
            "share left to a person",
            "review",
            window.reviewed,
            reference.reviewed,
            f"{points * 100:g} points",
            lambda share, before: abs(share - before) >= points,
        )
    )
    risen = policy.corrected_points
    found.append(
        asked(
            "share corrected by people and units",
            "corrected",
            min(window.corrected, window.calls),
            min(reference.corrected, reference.calls),
            f"{risen * 100:g} points up",
            lambda share, before: share - before >= risen,
        )
    )
    return found


def _means(reference: Window, window: Window, policy: DriftPolicy) -> list[_Asked]:
    found = []
    for what, name, now, before, limit in (
        ("mean confidence", "confidence", window.confidence, reference.confidence, policy.confidence_points),
        ("mean share of unknown features", "unknown", window.unknown, reference.unknown, policy.unknown_points),
    ):
        if now.count and before.count:
            large = abs(now.mean - before.mean) >= limit
            chance = two_means(now, before)
            found.append(_Asked(what, name, "mean", before.mean, now.mean, f"{limit * 100:g} points", chance, large))
    return found
