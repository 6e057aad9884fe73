"""The receipt of handing over (交接回执): on the terminal, for a program, and as a page to print."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from dispatcher.cli import options
from dispatcher.cli.lookup_words import CONFIRMED_BY, Shown
from dispatcher.client.lookups import Held

_PAGES = Environment(
    loader=PackageLoader("dispatcher.cli", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Who took what, by whose word and by which document. Name and document are masked, as the ledger has them."""

    number: str
    kind: str
    lookup_id: str
    case_id: str
    sought: str
    ref: str
    confirmed: str
    recipient: str
    document: str
    actor: str
    at: datetime

    @classmethod
    def of(cls, event: Mapping[str, Any], held: Held, shown: Shown) -> "Receipt":
        """From the event of the handing over and the lookup as it is after it."""
        confirmed = held.lookup.confirmation
        return cls(
            number=str(event["receipt"]),
            kind=shown.kind(held.lookup),
            lookup_id=held.lookup.lookup_id,
            case_id=held.case.case_id,
            sought=shown.sought(held),
            ref=str(event["ref"]),
            confirmed=CONFIRMED_BY[confirmed.by] if confirmed is not None else "",
            recipient=str(event["recipient"]),
            document=str(event["document"]),
            actor=str(event.get("actor") or ""),
            at=datetime.fromisoformat(event["at"]),
        )

    def rows(self) -> list[tuple[str, str]]:
        """What stands on it, with headings."""
        return [
            ("回执号", self.number),
            ("事项", self.kind),
            ("查找编号", self.lookup_id),
            ("案件编号", self.case_id),
            ("物品或人员", self.sought),
            ("登记处编号", self.ref),
            ("核实方式", f"{self.confirmed}确认" if self.confirmed else ""),
            ("领取人", self.recipient),
            ("证件号", self.document),
            ("经办人", self.actor),
            ("交接时间", options.local(self.at)),
        ]

    def facts(self) -> dict[str, object]:
        """For a program."""
        return asdict(self)

    def page(self) -> str:
        """A page that stands alone, to be printed and signed."""
        return _PAGES.get_template("receipt.html").render(r=self, rows=self.rows())

    def write(self, file: Path) -> None:
        """The page into `file`. Raises `OSError`."""
        file.write_text(self.page(), "utf-8")
