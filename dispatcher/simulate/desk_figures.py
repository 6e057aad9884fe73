"""What the two desks came to, as plain data: found in time, returned, and channel by channel."""

from array import array
from typing import Any

from dispatcher.domain.lookups.codes import Desk, Side
from dispatcher.domain.policy import Policy
from dispatcher.simulate.tally import Tally

_DAY_MINUTES = 24 * 60


def desks(tally: Tally, policy: Policy) -> dict[str, Any]:
    """Both desks and their channels. Minutes; shares between 0 and 1, None where there was nothing to share.

    found: confirmed, and not taken back; of_those_searched: of all but those that ended with their case (withdrawn, merged)
    or whose owner had it all along.
    """
    return {
        "desks": {
            "missing_person": _desk(tally, Desk.MISSING_PERSON, tally.person_minutes),
            "lost_item": _desk(tally, Desk.LOST_ITEM, tally.item_minutes),
        },
        "lost_met_found": tally.lookups["met"],
        "channels": [_channel(tally, one.code, one.name) for one in policy.desks.databases],
    }


def _desk(tally: Tally, desk: Desk, minutes: "array[int]") -> dict[str, Any]:
    def count(what: str, side: Side = Side.LOST) -> int:
        return tally.lookups[f"{desk}.{side}.{what}"]

    ordered = sorted(minutes)
    found = count("confirmed") - count("taken_back")
    searched = count("opened") + count("resumed") - count("taken_along") - count("cancelled")
    within = sum(one <= _DAY_MINUTES for one in ordered)
    return {
        "opened": count("opened"),
        "resumed": count("resumed"),
        "found": found,
        "found_of_those_searched": _share(found, searched),
        "found_within_24_hours": within,
        "found_within_24_hours_of_those_searched": _share(within, searched),
        "median_minutes_to_find": ordered[len(ordered) // 2] if ordered else None,
        "handed_over": count("handed_over"),
        "taken_back": count("taken_back"),
        "not_found": count("not_found"),
        "cancelled": count("cancelled"),
        "ended_with_their_case": count("taken_along"),
        "found_without_owner_opened": count("opened", Side.FOUND),
        "found_without_owner_given_back": count("handed_over", Side.FOUND),
    }


def _channel(tally: Tally, code: str, name: str) -> dict[str, Any]:
    def count(what: str) -> int:
        return tally.channels[code, what]

    answered = count("answered")
    return {
        "database": code,
        "name": name,
        "asked": count("asked"),
        "put_off": count("deferred"),
        "answered": answered,
        "hit": count("hit"),
        "hit_rate": _share(count("hit"), answered),
        "late": count("late"),
        "unavailable": count("unavailable"),
        "silent": count("silent"),
        "mean_seconds": round(tally.channel_seconds[code] / answered, 1) if answered else None,
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole > 0 else None
