"""How units are: prompt or slow, and how often they are late, give back, ask for time or do nothing at all."""

from dataclasses import asdict, dataclass
from random import Random
from typing import Final

from dispatcher.domain.units import City


@dataclass(frozen=True, slots=True)
class Manners:
    """Shares of orders, on the whole of a city; each unit's own lie around them. Proposed here.

    late: finished after the deadline; late_acknowledging: taken after the deadline; returns: given back, with a proposed
    owner; ignores: left lying until a card wakes the unit up, or for good; extends: more time is asked for; pauses: the
    clock is stopped for a while; withdraws: the caller takes it back; recategorised: a person names another matter.
    """

    late: float = 0.05
    late_acknowledging: float = 0.03
    returns: float = 0.035
    ignores: float = 0.012
    extends: float = 0.02
    pauses: float = 0.01
    withdraws: float = 0.012
    recategorised: float = 0.004

    def but_all_answer(self) -> "Manners":
        """The same city in which no order is left lying."""
        return Manners(**(asdict(self) | {"ignores": 0.0}))


ORDINARY: Final = Manners()


@dataclass(frozen=True, slots=True)
class Manner:
    """One unit's shares. pace: 1 is ordinary, less is quicker."""

    pace: float
    late: float
    late_acknowledging: float
    returns: float
    ignores: float


def manners_of(city: City, whole: Manners, random: Random) -> dict[str, Manner]:
    """A manner for each unit, in the order of the city's list."""

    def near(share: float) -> float:
        return min(0.5, share * random.lognormvariate(-0.1, 0.5))

    return {
        code: Manner(
            pace=min(1.6, max(0.6, random.gauss(1.0, 0.2))),
            late=near(whole.late),
            late_acknowledging=near(whole.late_acknowledging),
            returns=near(whole.returns),
            ignores=near(whole.ignores),
        )
        for code in city.units
    }
