"""When to answer and when to let a person look.

What a mistake costs is written down (`Costs`). The cut-offs of `Thresholds` were chosen on calls of writers whom the
model did not train on, never on a test set (`python -m classifiers.train --thresholds` prints the choice and its
neighbours): the most outcomes right among those that miss at most `MISSED_CEILING` of the police calls and leave at most
`REVIEW_BUDGET` of the calls to a person. A city may use its own.
"""

from dataclasses import dataclass, field
from typing import Final

REVIEW_BUDGET: Final = 0.20
"""At most this share of the training writers' calls is left to a person. They are harder than a line's calls: three in
ten are contrast pairs (c1) or long and twisted on purpose (w7)."""

MISSED_CEILING: Final = 0.008
"""At most this share of the police and joint calls may be answered non_police or invalid."""


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

    non_police: answer non_police only while the probability of police-or-joint is at most this.
    non_police_look: the same, where a rule of level `look` has fired.
    danger: send police on the model's word only from this probability of police-or-joint on.
    invalid: answer invalid only while the probability that it is a real call is at most this.
    category: answer non_police only from this probability of its category on.
    """

    costs: Costs = field(default_factory=Costs)
    non_police: float = 0.07
    non_police_look: float = 0.035
    danger: float = 0.40
    invalid: float = 0.05
    category: float = 0.15


DEFAULT: Final = Thresholds()
