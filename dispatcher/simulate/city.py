"""A synthetic city's calls: how many when, about what, from where, and who calls again.

All shares are proposed here, in the size that large cities publish; nothing is a measurement. The shares of the outcomes and
the weights of the matters lie over the city's own taxonomy: a matter that is not named here weighs 1.
"""

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.codes import Outcome, Urgency
from dispatcher.domain.policy import Policy
from dispatcher.domain.units import City
from dispatcher.simulate.manners import ORDINARY, Manner, Manners, manners_of

OUTCOMES: Final = {Outcome.POLICE: 0.24, Outcome.JOINT: 0.08, Outcome.NON_POLICE: 0.53, Outcome.INVALID: 0.15}
ABSTAINED: Final = 0.11

#: Calls by the hour of the day: a low before dawn, a plateau by day, the peak in the evening.
HOURS: Final = (26, 20, 15, 12, 10, 11, 17, 29, 42, 49, 51, 49, 46, 45, 47, 48, 50, 53, 58, 63, 65, 60, 50, 37)
#: Monday to Sunday.
WEEKDAYS: Final = (0.97, 0.96, 0.96, 0.98, 1.02, 1.07, 1.04)

WEIGHTS: Final = {
    "traffic_accident": 9.0, "theft": 4.0, "fraud": 5.0, "public_order": 6.0, "domestic_violence": 2.0, "drunk_person": 3.0,
    "violent_crime": 0.5, "mass_incident": 0.2, "distress_signal": 0.1, "threat": 0.4, "mental_violence": 0.4,
    "medical_emergency": 3.0, "dispute_risk": 4.0, "public_hazard": 2.0, "trapped_rescue": 2.0, "fire": 1.5, "gas_leak": 0.7,
    "parking": 9.0, "noise_neighbour": 5.0, "noise_business": 4.0, "noise_construction": 4.0, "consumer_dispute": 5.0,
    "neighbour_dispute": 3.5, "family_dispute": 3.0, "civil_dispute": 4.0, "wage_labour": 3.0, "police_admin_query": 6.0,
    "government_query": 4.0, "information_query": 3.0, "lost_item_other": 4.0, "lost_item_taxi": 2.0, "lockout": 3.0,
    "dogs_animals": 3.0, "sanitation": 1.5, "errand": 2.0, "weather": 0.2, "tobacco": 0.2, "land_agriculture": 0.4,
    "silent_call": 6.0, "misdial": 8.0, "prank": 3.0, "withdrawn": 2.0,
}  # fmt: skip
#: How much more a matter weighs between nine in the evening and six in the morning.
AT_NIGHT: Final = {
    "noise_business": 3.0, "noise_construction": 3.0, "noise_neighbour": 2.5, "drunk_person": 4.0, "public_order": 2.0,
    "domestic_violence": 2.0, "silent_call": 1.5, "police_admin_query": 0.2, "government_query": 0.2, "weather": 0.3,
    "wage_labour": 0.3, "education": 0.2, "petition": 0.3,
}  # fmt: skip
URGENCIES: Final = {
    Outcome.POLICE: (0.25, 0.5, 0.25),
    Outcome.JOINT: (0.85, 0.15, 0.0),
    Outcome.NON_POLICE: (0.0, 0.18, 0.82),
    Outcome.INVALID: (0.0, 0.0, 1.0),
}
"""Emergency, urgent, routine."""

_PLACED, _ON_A_BORDER, _OUTSIDE, _WITHHELD, _CONFIDENTIAL = 0.9, 0.015, 0.003, 0.03, 0.003
#: One event of which several people tell, and how soon after the first.
_SEEN_BY_OTHERS, _SOON = 0.03, 20
#: Letters for texts: two calls look alike only where they are about one event.
_LETTERS = (
    "东西南北中和平兴华建国光明文化青年长江黄河泰山松柏桃李梅兰竹菊春夏秋冬金木水火土石桥路街巷里坊园苑庭院楼阁台亭"
)
_GOES_ON, _AGAIN, _DISPUTE_AGAIN, _SILENT_AGAIN, _OTHER_MATTER, _GROWS = 0.035, 0.05, 0.14, 0.1, 0.015, 0.08


@dataclass(frozen=True, slots=True)
class Setting:
    """What is asked for. `start`: the first day, in the city; `manners`: how its units are, on the whole."""

    days: int
    calls_per_day: int
    seed: int
    start: date = date(2026, 4, 1)
    manners: Manners = ORDINARY

    @property
    def begins(self) -> datetime:
        """The first midnight."""
        return datetime.combine(self.start, datetime.min.time(), tzinfo=CITY_TIME)


@dataclass(frozen=True, slots=True)
class Share:
    """One district's part of the city: the people who call from it. `calls`: how many on each day."""

    district: str
    seed: int
    calls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole city: what each district gets, and how each unit is."""

    setting: Setting
    shares: tuple[Share, ...]
    units: dict[str, Manner]


def plan(setting: Setting, city: City) -> Plan:
    """All that is drawn for the city as a whole, from one ``Random(seed)``; each district goes on with a seed drawn here.

    Days add up to exactly ``days * calls_per_day`` calls.
    """
    random = Random(setting.seed)
    units = manners_of(city, setting.manners, random)
    districts = list(city.districts)
    sizes = [random.uniform(0.4, 1.6) for _ in districts]
    wanted = [
        WEEKDAYS[(setting.start + timedelta(days=day)).weekday()] * random.gauss(1.0, 0.03)
        for day in range(setting.days)
    ]
    scale = setting.days * setting.calls_per_day / sum(wanted)
    ends = [round(end * scale) for end in accumulate(wanted)]
    per_day = [end - begin for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
    counts = [Counter(random.choices(districts, sizes, k=amount)) for amount in per_day]
    shares = tuple(
        Share(district, random.getrandbits(64), tuple(count[district] for count in counts)) for district in districts
    )
    return Plan(setting, shares, units)


@dataclass(frozen=True, slots=True)
class Planned:
    """A call that will be made. `category` and `outcome` are what triage hears, `truth` and `district` what is so."""

    at: datetime
    call_id: str
    text: str
    caller: str | None
    category: str
    outcome: Outcome
    urgency: Urgency
    districts: tuple[str, ...]
    outside: str | None
    confidential: bool
    truth: str
    district: str


class Callers:
    """The people of one district and their calls, in the order of time."""

    def __init__(self, share: Share, number: int, setting: Setting, city: City, policy: Policy, random: Random) -> None:
        self._share, self._number, self._setting, self._city, self._random = share, number, setting, city, random
        self._repeat = policy.repeat
        self._found_cue = policy.desks.found_cues[0]
        self._others = [code for code in city.districts if code != share.district]
        by_outcome = {o: [m.code for m in city.matters.values() if m.outcome is o] for o in OUTCOMES}
        self._matters = {o: codes for o, codes in by_outcome.items() if codes}
        self._weights = {
            (outcome, night): list(
                accumulate(WEIGHTS.get(c, 1.0) * (AT_NIGHT.get(c, 1.0) if night else 1.0) for c in codes)
            )
            for outcome, codes in self._matters.items()
            for night in (False, True)
        }
        self._outcomes = list(accumulate(OUTCOMES[outcome] for outcome in self._matters))
        self._hours = list(accumulate(HOURS))
        self._people = 0
        self._made = 0
        self._left = 0
        self._ahead: list[tuple[datetime, str, Planned]] = []

    def calls(self) -> Iterator[Planned]:
        """Every call, day by day; no more than a few days are held at a time."""
        last = self._setting.begins + timedelta(days=self._setting.days)
        for day, amount in enumerate(self._share.calls):
            midnight = self._setting.begins + timedelta(days=day)
            self._left += amount  # a day may have lent calls to the one before it
            while self._left > 0:
                self._person(midnight, last)
            while self._ahead and self._ahead[0][0] < midnight + timedelta(days=1):
                yield heapq.heappop(self._ahead)[2]

    def _person(self, midnight: datetime, last: datetime) -> None:
        """Somebody calls, and perhaps calls again: the same matter going on, again, grown worse, or another one."""
        random = self._random
        caller = self._somebody()
        hour = random.choices(range(24), cum_weights=self._hours)[0]
        at = midnight + timedelta(hours=hour, seconds=random.randrange(3600))
        outcome = random.choices(list(self._matters), cum_weights=self._outcomes)[0]
        matter = self._matter(outcome, at)
        districts, outside = self._place()
        text = "".join(random.sample(_LETTERS, 16))
        self._call(at, caller, matter, outcome, districts, outside, text)
        if outcome is not Outcome.INVALID and random.random() < _SEEN_BY_OTHERS:
            for _ in range(min(random.randrange(1, 4), self._left)):
                soon = min(at + timedelta(seconds=random.randrange(5, 60 * _SOON)), last - timedelta(seconds=1))
                self._call(soon, self._somebody(), matter, outcome, districts, outside, text)
        while caller is not None and self._left > 0:
            gap = self._gap(matter)
            if gap is None or at + gap >= last:
                return
            at += gap
            if random.random() < _GROWS and matter in self._repeat.disputes and "dispute_risk" in self._city.matters:
                matter = "dispute_risk"
            elif random.random() < _OTHER_MATTER:
                matter = self._matter(Outcome.NON_POLICE, at)
            self._call(at, caller, matter, self._city.matters[matter].outcome, districts, outside, text)

    def _somebody(self) -> str | None:
        """A telephone that nobody else has; some withhold theirs."""
        self._people += 1
        return None if self._random.random() < _WITHHELD else f"138{self._number:02d}{self._people:06d}"

    def _gap(self, matter: str) -> timedelta | None:
        """How long until the same person calls again; None: never."""
        random, repeat = self._random, self._repeat
        drawn = random.random()
        if drawn < _GOES_ON:
            return timedelta(seconds=random.randrange(30, 60 * repeat.same_call_minutes))
        minutes = random.randrange(repeat.same_call_minutes, repeat.repeat_minutes)
        if matter == repeat.silent:
            return timedelta(minutes=minutes) if drawn < _GOES_ON + _SILENT_AGAIN else None
        if drawn < _GOES_ON + _AGAIN:
            return timedelta(minutes=minutes)
        if matter in repeat.disputes and drawn < _GOES_ON + _AGAIN + _DISPUTE_AGAIN:
            return timedelta(minutes=random.randrange(repeat.repeat_minutes, 60 * repeat.dispute_hours))
        if drawn > 1 - _OTHER_MATTER:
            return timedelta(minutes=random.randrange(60, 60 * 48))
        return None

    def _matter(self, outcome: Outcome, at: datetime) -> str:
        night = at.hour >= 21 or at.hour < 6
        return self._random.choices(self._matters[outcome], cum_weights=self._weights[outcome, night])[0]

    def _place(self) -> tuple[tuple[str, ...], str | None]:
        drawn = self._random.random()
        if drawn < _OUTSIDE:
            return (), "邻市"
        if drawn < _OUTSIDE + _ON_A_BORDER and self._others:
            return (self._share.district, self._random.choice(self._others)), None
        return ((self._share.district,) if drawn < _PLACED else ()), None

    def _call(
        self,
        at: datetime,
        caller: str | None,
        matter: str,
        outcome: Outcome,
        districts: tuple[str, ...],
        outside: str | None,
        text: str,
    ) -> None:
        random = self._random
        if matter == "missing_contact" and _LETTERS.index(text[0]) % 4 == 0:
            text = f"{self._found_cue}{text}"  # has found somebody who does not know the way home
        urgency = random.choices(list(Urgency), URGENCIES[outcome])[0]
        heard, answered = matter, outcome
        if random.random() < ABSTAINED:
            answered = Outcome.REVIEW
            if random.random() < 0.3:
                heard = self._matter(outcome, at)
        call_id = f"{self._share.district}-{self._made}"
        call = Planned(
            at=at,
            call_id=call_id,
            text=text,
            caller=caller,
            category=heard,
            outcome=answered,
            urgency=urgency,
            districts=districts,
            outside=outside if answered is not Outcome.REVIEW else None,
            confidential=random.random() < _CONFIDENTIAL,
            truth=matter,
            district=self._share.district,
        )
        heapq.heappush(self._ahead, (at, call_id, call))
        self._made += 1
        self._left -= 1
