"""What a report says of a missing or a found person, as far as matching needs it. Pure: text and time in, a profile out.

What a report does not say is unknown, never "no": an unknown field speaks neither for nor against a match.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from classifiers.extraction import times
from classifiers.gazetteer import locate
from classifiers.normalise import normalise
from dispatcher.desks import people_facts as facts
from dispatcher.desks import people_sounds as sounds
from dispatcher.desks.people_marks import Mark, marks, own_clauses
from dispatcher.desks.people_words import PeopleWords, concepts, letters, load, pairs

LONGEST: Final = 800
"""Characters of a report that are read."""
_OLDEST: Final = timedelta(days=400)
_LONG_AGO: Final = 3
"""Years after which somebody is sought by descent, not by clothes."""
_ONLY_TOLD: Final = re.compile(r"^(?:现在|这会儿|今年|去年|前年|上个?礼拜|上周|平时|一直)")
_HOW_LONG: Final = re.compile(r"(?:年|月|礼拜|星期|周)了$")
"""Since when one is ill or alone, seldom since when one is gone."""
_HABIT: Final = re.compile(r"(?:天天|每天|平时|总|一般|早起)$")
_YEAR: Final = re.compile(
    r"(?<!\d)(?:19)?(?P<tens>[5-9])(?P<ones>\d)年(?!级|代)|(?P<said>[五六七八九][零〇一二三四五六七八九])年"
)


@dataclass(frozen=True, slots=True)
class PersonProfile:
    """One report. `since`: when the person was last seen (missing), or was found; `until`: when the family told it, or found.

    age in years and height in centimetres as ranges. worn: garment class -> families of colour. slots: what a person has
    one of -> the values said. marks, unmarked: what is there, and what is told not to be there. wristband: with ? for
    unread digits. years: of the loss, where it was years ago.
    """

    report_id: str
    found: bool
    since: datetime
    until: datetime
    vague: bool
    sex: str | None
    age: facts.Span | None
    guessed: bool
    height: facts.Span | None
    worn: tuple[tuple[str, frozenset[str]], ...]
    slots: tuple[tuple[str, frozenset[str]], ...]
    marks: frozenset[Mark]
    unmarked: frozenset[Mark]
    wristband: str | None
    names: frozenset[str]
    surnames: frozenset[str]
    sounds: frozenset[str]
    syllables: frozenset[str]
    origins: frozenset[str]
    accents: frozenset[str]
    districts: frozenset[str]
    concepts: frozenset[str]
    denied: frozenset[str]
    pairs: frozenset[str]
    letters: frozenset[str]


def person_profile(report_id: str, text: str, *, at: datetime, found: bool) -> PersonProfile:
    """The profile of a report made `at` (missing) or of somebody found `at`; aware. Never raises."""
    words = load()
    clean = normalise(text).text[:LONGEST]
    clauses = own_clauses(clean, words)
    own = ",".join(clauses)
    year = _year(clean, at) if not found else None
    sex, years = facts.subject(clean, words)
    said_age = facts.age(clean, at, year)
    since, vague = (at, False) if found else _last_seen(clean, at, long_ago=year is not None)
    there, absent = marks(clauses, words)
    said, denied = concepts(clean, words)
    slots = {
        name: values
        for name, patterns in words.slots.items()
        if (values := frozenset(value for value, pattern in patterns.items() if _said(pattern, own, words)))
    }
    if year is not None:
        slots["search"] = frozenset(["old"])
    origins, accents = _origins(clean, words)
    named = sounds.names(clean)
    return PersonProfile(
        report_id=report_id,
        found=found,
        since=since,
        until=at,
        vague=vague,
        sex=sex,
        age=said_age or years,
        guessed=said_age is None,
        height=facts.height(clean),
        worn=tuple(sorted(facts.worn(clauses, words).items())),
        slots=tuple(sorted(slots.items())),
        marks=there,
        unmarked=absent,
        wristband=facts.wristband(clean),
        names=named,
        surnames=sounds.surnames(clean),
        sounds=sounds.spoken(named),
        syllables=sounds.syllables(clean),
        origins=origins,
        accents=accents,
        districts=frozenset(locate(clean).districts),
        concepts=said,
        denied=denied,
        pairs=pairs(clean),
        letters=letters(clean),
    )


def _said(pattern: re.Pattern[str], text: str, words: PeopleWords) -> bool:
    """Whether a value is said and not denied: 没有疤, 不胖."""
    return any(
        not words.no_before.search(text[max(0, match.start() - 3) : match.start()]) for match in pattern.finditer(text)
    )


def _year(text: str, at: datetime) -> int | None:
    match = _YEAR.search(text)
    if match is None:
        return None
    said = match["said"]
    digits = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"〇": 0}
    year = 1900 + (digits[said[0]] * 10 + digits[said[1]] if said else int(match["tens"]) * 10 + int(match["ones"]))
    return year if at.year - year >= _LONG_AGO else None


def _last_seen(text: str, at: datetime, *, long_ago: bool) -> tuple[datetime, bool]:
    """The earliest time that may be when the person was last seen (a person is never found before), and whether it is a guess."""
    if long_ago:
        return at - timedelta(days=36_500), True
    starts = [
        datetime.fromisoformat(one["start"])
        for one in times.find(text, received_at=at, limit=8)
        if "start" in one
        and not one.get("repeats")
        and not _ONLY_TOLD.match(one["text"])
        and not _HABIT.search(text[: one["span"][0]])
        and not _HOW_LONG.search(one["text"])
    ]
    starts = [one for one in starts if at - _OLDEST <= one <= at]
    return (min(starts), False) if starts else (at - timedelta(days=2), True)


def _origins(text: str, words: PeopleWords) -> tuple[frozenset[str], frozenset[str]]:
    """Where the report names the person (or the teller) as from, and ways of speaking named as such."""
    origins: set[str] = set()
    accents: set[str] = set()
    for name, pattern in words.origins.items():
        for match in pattern.finditer(text):
            origins.add(name)
            if words.accent.match(text, match.end()) or words.accent.match(text, match.end() + 1):
                accents.add(name)
    return frozenset(origins), frozenset(accents)
