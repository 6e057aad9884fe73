"""The few tests that the drift watch needs. Pure; no library is asked for its tails.

Each test gives a p-value: the chance of a difference at least as large where nothing has changed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Up to so many hits a two-proportion test is exact; beyond, the normal approximation is as good.
_EXACT_UP_TO = 400
#: A cell of a table with fewer expected calls is put together with others.
_LEAST_EXPECTED = 5.0
#: An empty share counts as half a call, so that an index over it stays finite.
_HALF = 0.5
#: Terms of a tail fall ever faster; smaller ones than this share of it change nothing.
_NEGLIGIBLE = 1e-17


@dataclass(frozen=True, slots=True)
class Moments:
    """How many values, their sum and the sum of their squares."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def plus(self, value: float) -> "Moments":
        """With one value more."""
        return Moments(self.count + 1, self.total + value, self.squares + value * value)

    @property
    def mean(self) -> float:
        """0 of nothing."""
        return self.total / self.count if self.count else 0.0

    @property
    def variance(self) -> float:
        """Of the sample, unbiased."""
        if self.count < 2:
            return 0.0
        return max(0.0, (self.squares - self.total * self.total / self.count) / (self.count - 1))


def two_sided(z: float) -> float:
    """Chance of a normal deviate at least so far from 0."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def two_proportions(hits: int, total: int, other_hits: int, other_total: int) -> float:
    """Whether two shares differ; exact (Fisher) while few are hit, else by the pooled normal deviate. Both totals must be above 0."""
    pooled = hits + other_hits
    few = min(pooled, total + other_total - pooled)
    if few <= _EXACT_UP_TO:
        return _fisher(hits, total, other_hits, other_total)
    share = pooled / (total + other_total)
    spread = math.sqrt(share * (1.0 - share) * (1.0 / total + 1.0 / other_total))
    return two_sided((hits / total - other_hits / other_total) / spread)


def _fisher(hits: int, total: int, other_hits: int, other_total: int) -> float:
    """Twice the smaller tail of the hypergeometric distribution, at most 1."""
    pooled = hits + other_hits
    if 2 * pooled > total + other_total:  # by the misses: fewer terms
        return _fisher(total - hits, total, other_total - other_hits, other_total)

    def log_choose(n: int, k: int) -> float:
        return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

    here = math.exp(
        log_choose(total, hits) + log_choose(other_total, other_hits) - log_choose(total + other_total, pooled)
    )
    rest = other_total - pooled  # may be below 0
    below = above = term = here
    for k in range(hits, max(0, -rest), -1):
        term *= k * (rest + k) / ((total - k + 1) * (pooled - k + 1))
        below += term
        if term < below * _NEGLIGIBLE:
            break
    term = here
    for k in range(hits, min(pooled, total)):
        term *= (total - k) * (pooled - k) / ((k + 1) * (rest + k + 1))
        above += term
        if term < above * _NEGLIGIBLE:
            break
    return min(1.0, 2.0 * min(below, above))


def two_means(one: Moments, other: Moments) -> float:
    """Whether two means differ, by the normal deviate: for hundreds of values and more."""
    if one.count < 2 or other.count < 2:
        return 1.0
    spread = math.sqrt(one.variance / one.count + other.variance / other.count)
    difference = one.mean - other.mean
    if spread == 0.0:
        return 1.0 if difference == 0.0 else 0.0
    return two_sided(difference / spread)


def chi_square_tail(value: float, degrees: int) -> float:
    """Chance that a chi-square with so many degrees of freedom is at least `value`: the regularised upper gamma function."""
    if degrees < 1 or value <= 0.0:
        return 1.0
    a, x = degrees / 2.0, value / 2.0
    scale = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1.0:  # the series for the lower function
        term = total = 1.0 / a
        step = a
        while abs(term) > abs(total) * 1e-15:
            step += 1.0
            term *= x / step
            total += term
        return max(0.0, 1.0 - total * scale)
    tiny = 1e-300  # Lentz's continued fraction
    b = x + 1.0 - a
    c, d = 1.0 / tiny, 1.0 / b
    fraction = d
    for number in range(1, 1000):
        factor = -number * (number - a)
        b += 2.0
        d = 1.0 / _nonzero(factor * d + b, tiny)
        c = _nonzero(b + factor / c, tiny)
        change = d * c
        fraction *= change
        if abs(change - 1.0) < 1e-15:
            break
    return scale * fraction


def _nonzero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny


def homogeneity(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Whether two counts by name come from one distribution (chi-square); rare names are taken together."""
    total, other_total = sum(one.values()), sum(other.values())
    if not total or not other_total:
        return 1.0
    least = _LEAST_EXPECTED * (total + other_total) / min(total, other_total)
    cells: list[tuple[int, int]] = []
    rest = (0, 0)
    for name in sorted({*one, *other}):
        cell = (one.get(name, 0), other.get(name, 0))
        if sum(cell) < least:
            rest = (rest[0] + cell[0], rest[1] + cell[1])
        else:
            cells.append(cell)
    left = rest[0] + rest[1]
    if left >= least or not cells:
        cells.append(rest)
    elif left:
        cells[-1] = (cells[-1][0] + rest[0], cells[-1][1] + rest[1])
    both = total + other_total
    value = 0.0
    for cell in cells:
        pooled = cell[0] + cell[1]
        for count, side in ((cell[0], total), (cell[1], other_total)):
            expected = pooled * side / both
            value += (count - expected) ** 2 / expected
    return chi_square_tail(value, len(cells) - 1)


def stability_index(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Population stability index of two counts by name: 0 for equal shares; 0.1 is a shift, 0.25 a great one."""
    total, other_total = sum(one.values()), sum(other.values())
    if not total or not other_total:
        return 0.0
    index = 0.0
    for name in sorted({*one, *other}):
        share = max(one.get(name, 0), _HALF) / total
        before = max(other.get(name, 0), _HALF) / other_total
        index += (share - before) * math.log(share / before)
    return index


def holm(chances: Sequence[float]) -> list[float]:
    """The p-values corrected for being many (Holm): below a rate, none of them is below it by chance more often than at that rate."""
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    corrected = [1.0] * len(chances)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, chances[i] * (len(chances) - rank)))
        corrected[i] = highest
    return corrected
