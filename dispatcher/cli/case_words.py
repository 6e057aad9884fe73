"""How the ``case`` commands show a case: names for codes, clocks, cards, and nothing of what is confidential."""

from dataclasses import dataclass
from datetime import datetime

from rich.text import Text

from dispatcher.cli import options
from dispatcher.client import happened
from dispatcher.client.cases import deadlines
from dispatcher.console.view import HIDDEN
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.units import City
from dispatcher.observe.logging import mask


def quoted(text: str) -> str:
    """What somebody said: telephone and identity numbers are masked."""
    return mask(text)


@dataclass(frozen=True, slots=True)
class Shown:
    """Names out of the city's catalog, at a moment."""

    city: City
    now: datetime

    def matter(self, code: str) -> str:
        return happened.matter(code, self.city) if code else "—"

    def unit(self, code: str | None) -> str:
        """The Chinese name."""
        return self.city.unit_name(code) if code is not None else "—"

    def full(self, code: str | None) -> str:
        """The Chinese name and the code."""
        return happened.unit(code, self.city)

    def district(self, code: str | None) -> str:
        return self.city.districts.get(code, code) if code else "—"

    def text(self, case: CaseRecord) -> str:
        return HIDDEN if case.confidential else quoted(case.text)

    def when(self, moment: datetime) -> str:
        """Day and minute, in the city's time."""
        return f"{moment.astimezone(CITY_TIME):%m-%d %H:%M}"

    def next_deadline(self, case: CaseRecord) -> Text:
        """The clock that ends first; in red where it has passed."""
        due = next(iter(deadlines(case)), None)
        if due is None:
            paused = case.finish is not None and case.finish.paused_at is not None
            return Text("paused" if paused else "—", style="dim")
        late = due.due_at <= self.now
        return Text(f"{self.when(due.due_at)} {due.clock}{' overdue' if late else ''}", style="red" if late else "")

    def cards(self, case: CaseRecord) -> str:
        """Each card and the unit that led when it fell."""
        return ", ".join(f"{card} {self.unit(code)}" for card, code in case.cards)

    def waited(self, case: CaseRecord) -> str:
        """How long a call has waited for a person."""
        if case.review_since is None:
            return "?"
        minutes = max(0, int((self.now - case.review_since).total_seconds() // 60))
        return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"

    def claim(self, case: CaseRecord) -> str:
        held = case.claim
        if held is None or held.until <= self.now:
            return "claimed by nobody"
        return f"claimed by {held.by} until {options.local(held.until)}"

    def top(self, case: CaseRecord) -> str:
        """The best three categories, for the person who decides."""
        found = case.decision.suggestions if case.decision is not None else ()
        return "  ".join(f"{self.matter(s.category)} ({s.category}) {s.probability:.0%}" for s in found[:3])
