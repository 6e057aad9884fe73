"""When to answer and when to let a person look.

What a mistake costs is written down (`Costs`). The cut-offs of `Thresholds` were chosen on calls of writers whom the
model did not train on (`python -m classifiers.train --thresholds` prints the curve): `non_police` where at most 0.8% of
the police calls are missed, `danger` as high as a share of `REVIEW_BUDGET` of reviewed calls allows for the model that has
seen all writers. By cost alone a tenth of a chance of danger would send police. A city may use its own.
"""

from dataclasses import dataclass, field
from typing import Final

REVIEW_BUDGET: Final = 0.12
"""At most this share of calls is left to a person."""


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
    non_police: float = 0.06
    non_police_look: float = 0.03
    danger: float = 0.26
    invalid: float = 0.15
    category: float = 0.0


DEFAULT: Final = Thresholds()
