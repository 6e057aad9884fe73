"""When to answer and when to let a person look.

What a mistake costs is written down (`Costs`). The cut-offs (`Thresholds`) follow from it on calls of writers whom the
model did not train on, never on a test set (`calibration.py`): the cheapest among those that keep within the ceilings.
By the costs alone, with a missed call at 500 looks, a person would look at every third call; the ceilings say what a city's
hall can do.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Relative costs, the unit is one look of a person at one call; and the ceilings within which they are weighed.

    missed_ceiling: at most this share of the police and joint calls may be answered non_police or invalid.
    invalid_ceiling: at most this share of all calls may be real and answered invalid.
    needless_ceiling: at most this share of the other calls may have police sent, as there are only so many.
    review_ceiling: at most this share of all calls is left to a person, as there are only so many of them too.
    All are measured on the calibration calls, which are harder than a line's: on test sets of calls as they come, shares are
    about half of these. Where the model cannot keep all, the ceiling of review gives way first, that of missed calls last.
    """

    missed_police: float = 500.0
    needless_police: float = 5.0
    wrong_unit: float = 3.0
    look: float = 1.0
    missed_ceiling: float = 0.005
    invalid_ceiling: float = 0.001
    needless_ceiling: float = 0.07
    review_ceiling: float = 0.19


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Cut-offs on calibrated probabilities, each in 0..1.

    non_police: answer non_police only while the probability of police-or-joint is at most this.
    non_police_look: the same, where a rule of level `look` has fired.
    danger: send police on the model's word only from this probability of police-or-joint on.
    rule: send police on the word of a rule of level `danger` from this probability on; below it a person looks, urgently.
    invalid: answer invalid only while the probability that it is a real call is at most this.
    category: answer non_police only from this probability of its category on.
    """

    non_police: float = 0.07
    non_police_look: float = 0.035
    danger: float = 0.40
    rule: float = 0.20
    invalid: float = 0.05
    category: float = 0.15
