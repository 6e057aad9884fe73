"""When to answer and when to let a person look.

What a mistake costs is written down (`Costs`); the cut-offs of `Thresholds` are chosen on calls of writers whom the
model did not train on, as those that cost least in sum (see `python -m classifiers.train --thresholds`).
A city may use its own.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Relative costs; the unit is one look of a person at one call."""

    missed_police: float = 500.0
    needless_police: float = 5.0
    wrong_unit: float = 3.0
    look: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Cut-offs on calibrated probabilities, each in 0..1.

    non_police_danger: answer non_police only while the probability of police-or-joint is at most this.
    invalid_real: answer invalid only while the probability that it is a real call is at most this.
    danger: send police only from this probability of police-or-joint on.
    category: answer non_police only from this probability of its category on.
    """

    costs: Costs = field(default_factory=Costs)
    non_police_danger: float = 0.30
    invalid_real: float = 0.35
    danger: float = 0.40
    category: float = 0.10


DEFAULT = Thresholds()
