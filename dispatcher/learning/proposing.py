"""One proposal from beginning to end: the two models loaded, the frozen sets and the live calls decided, the verdict, the store."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from classifiers import Classifier
from classifiers.corpus import TEST
from dispatcher.catalog import Catalog
from dispatcher.client.reader import Reader
from dispatcher.learning.gate import Compared, compare, judge, take
from dispatcher.learning.policy import GatePolicy
from dispatcher.learning.reasons import Reasons
from dispatcher.learning.replaying import LIVE, frozen, live
from dispatcher.learning.report import Report
from dispatcher.learning.store import Kept, Store
from dispatcher.stream.classify import classify_with, thresholds

#: Told of: the set, how many of its calls are done, how many there are.
Progress = Callable[[str, int, int], None]


def silent(_name: str, _done: int, _all: int) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed model beside the running one, each at the cut-offs that the city's policy gives it."""

    catalog: Catalog
    policy: GatePolicy
    source: Path
    proposed: Classifier
    running: Classifier

    async def decide(
        self,
        reader: Reader | None,
        *,
        at: datetime,
        days: int | None = None,
        test: Path = TEST,
        progress: Progress = silent,
    ) -> Report:
        """The report. Without `reader` only the frozen sets count. at: the moment up to which live calls are taken."""
        triage = self.catalog.policy.triage
        old, new = classify_with(self.running, triage), classify_with(self.proposed, triage)
        why = Reasons(
            self.running,
            self.proposed,
            old_limits=thresholds(self.running, triage),
            new_limits=thresholds(self.proposed, triage),
        )
        sets: dict[str, Compared] = {}
        for name, questions in frozen(test).items():
            sets[name] = compare(name, questions, old, new, why=why)
            progress(name, len(questions), len(questions))
        since = at - timedelta(days=self.policy.days if days is None else days)
        if reader is not None:
            sets[LIVE] = found = Compared(LIVE)
            taken = await live(reader, since=since, until=at)
            async for question in taken.questions(reader, self.catalog.policy.intake):
                take(found, question, old, new, why=why)
                progress(LIVE, found.calls, len(taken.known))
            found.changes.sort(key=lambda change: change.name)  # partitions come in any order
        return Report(
            proposed=self.proposed.digest,
            running=self.running.digest,
            policy=self.catalog.policy.sha256,
            at=at,
            since=since if reader is not None else None,
            until=at if reader is not None else None,
            sets=sets,
            findings=tuple(judge(sets, self.policy)),
        )

    def keep(self, report: Report, store: Store, *, running: Path) -> Kept | None:
        """Put an accepted model into the store, and the running one beside it, to go back to; None where it was refused."""
        if not report.accepted:
            return None
        if store.get(report.running) is None:
            store.keep(running, report.running)
        return store.keep(self.source, report.proposed, report=report.as_json(), page=report.page())
