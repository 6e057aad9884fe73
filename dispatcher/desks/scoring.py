"""How much a database's findings look like what a question seeks: the same comparison as between lookups."""

from collections.abc import Sequence
from datetime import datetime

from dispatcher.desks.likely import Match
from dispatcher.desks.people import PeoplePool, person_profile
from dispatcher.desks.pool import Pool
from dispatcher.desks.profile import profile
from dispatcher.domain.lookups.codes import Desk, Side
from dispatcher.domain.lookups.facts import spoken
from dispatcher.domain.lookups.messages import MOST_HITS, Hit, LookupAsked, RawHit

_SURE = ("该库明确认定",)


def told_text(text: str, facts: dict[str, str]) -> str:
    """What is known in words: the caller's own, and what people added since."""
    return "，".join([text, *(said for said in spoken(facts) if said not in text)]).strip("，")


def score(question: LookupAsked, found: Sequence[RawHit]) -> tuple[Hit, ...]:
    """The findings with scores and reasons, best first, at most `MOST_HITS`; equal scores in the order of their refs.

    What the database itself is sure of (a wristband's code, a plate with its invoice) is 1. A finding without a time is taken
    for one of the time of asking.
    """
    asked = question.asked_at
    mine = question.side is Side.FOUND
    theirs = not mine
    seeking = told_text(question.text, question.facts)
    by_ref = {hit.ref: hit for hit in found if not hit.sure}
    # Equal texts are compared once: thirty copies of one finding would make its words common, and so worthless.
    twins: dict[tuple[str, datetime | None], list[str]] = {}
    for ref, hit in by_ref.items():
        twins.setdefault((hit.text, hit.at), []).append(ref)
    alone = {refs[0]: by_ref[refs[0]] for refs in twins.values()}
    if question.desk is Desk.LOST_ITEM:
        pool = Pool(profile(ref, hit.text, at=hit.at or asked, found=theirs) for ref, hit in alone.items())
        ranked: Sequence[Match] = pool.matches(
            profile(question.lookup_id, seeking, at=asked, found=mine), limit=MOST_HITS
        )
    else:
        people = PeoplePool(
            person_profile(ref, hit.text, at=hit.at or asked, found=theirs) for ref, hit in alone.items()
        )
        ranked = people.matches(person_profile(question.lookup_id, seeking, at=asked, found=mine), limit=MOST_HITS)
    matches = {one.other: one for one in ranked}
    hits = [_hit(hit, 1.0, _SURE) for hit in found if hit.sure]
    for refs in twins.values():
        if (match := matches.get(refs[0])) is not None:
            hits += [_hit(by_ref[ref], match.score, match.reasons) for ref in refs]
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.ref))[:MOST_HITS])


def _hit(raw: RawHit, score: float, reasons: tuple[str, ...]) -> Hit:
    return Hit(
        ref=raw.ref,
        text=raw.text,
        score=score,
        reasons=reasons,
        at=raw.at,
        place=raw.place,
        contact=raw.contact,
    )
