"""The Chinese names behind codes, as the board shows them."""

from dataclasses import dataclass

from dispatcher.console.ledger import Row
from dispatcher.domain.units import City


@dataclass(frozen=True, slots=True)
class Words:
    """Names out of the city's catalog; an unknown code is shown as it is."""

    city: City

    def category(self, code: str) -> str:
        matter = self.city.matters.get(code)
        return matter.name if matter else code

    def district(self, code: str | None) -> str:
        return self.city.districts.get(code, code) if code else ""

    def lead(self, row: Row) -> str:
        """The leading unit."""
        return self.city.unit_name(row.lead) if row.lead is not None else "—"


def assisting(row: Row) -> str:
    """How many units assist, such as " +2"; empty for none."""
    return f" +{len(row.assist)}" if row.assist else ""
