"""The verification itself, pure: records in order of offset, partition by partition, go in; what is broken comes out.

Each record is looked at once. A report can be asked for at any time, changes nothing, and more records may follow.
"""

from binascii import hexlify
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dispatcher.audit import placement
from dispatcher.audit.breaks import Report
from dispatcher.audit.records import Entry, Held, digest, hold
from dispatcher.audit.runs import Chain, Line, Watch
from dispatcher.audit.settle import Ends, settle
from dispatcher.stream.chain import HASH, NAME, SEQUENCE, Head

#: Records that are no link of any chain and are kept to see whether they are changed ones; what is beyond is told as inserted.
_STRAYS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a range begins. `anchors` are the heads that a signed checkpoint tells, None where nothing vouches for the
    beginning; `cut` are the partitions of which a part before the range is not read or not there any more."""

    anchors: Mapping[str, Head] | None = field(default_factory=dict)
    cut: frozenset[int] = frozenset()
    begun: bool = False


class Verifier:
    """Takes the records of some or all partitions of one ledger.

    `chains` are the names of all lanes that there are. `partitions` is their number on the ledger: with it, records that lie
    on another partition than their key's are found.
    """

    def __init__(
        self,
        chains: Iterable[str],
        *,
        partitions: int | None = None,
        beginning: Beginning | None = None,
        watches: Mapping[str, Mapping[int, Watch]] | None = None,
    ) -> None:
        self.beginning = beginning or Beginning()
        self.records = 0
        self.older = 0
        self.strays: list[Held] = []
        self.first_stamps: dict[int, int] = {}
        self._partitions = partitions
        self._lines: dict[int, dict[bytes, Line]] = {}
        self._begun: set[int] = set()
        anchors = self.beginning.anchors
        self.chains = {
            name: Chain(name, None if anchors is None else anchors.get(name, Head(name))) for name in sorted(chains)
        }
        for name, known in (watches or {}).items():
            if name in self.chains:
                self.chains[name].watches.update(known)

    def watch(self, chain: str, place: int, hashed: bytes, who: str) -> None:
        """Say which hash a place must have that has not been read yet."""
        if chain in self.chains:
            self.chains[chain].watches.setdefault(place, (hashed, who))

    def take(self, partition: int, records: Sequence[Entry]) -> None:
        """Records of one partition, in order, behind those taken before."""
        if not records:
            return
        self.records += len(records)
        self.first_stamps.setdefault(partition, records[0].timestamp)
        lines = self._lines_of(partition)
        begun = partition in self._begun
        lost: set[int] = set()
        if self._partitions is not None:
            lost = placement.misplaced([record.key for record in records], partition, self._partitions)
        for index, record in enumerate(records):
            headers = record.headers
            if len(headers) >= 3 and index not in lost:
                (named, name), (numbered, text), (hashed, claimed) = headers[-3:]
                line = lines.get(name) if named == NAME and numbered == SEQUENCE and hashed == HASH else None
                if line is not None:
                    chain = line.chain
                    run = chain.tip
                    if run is not None and run.text == text and run.hash is not None:
                        place = run.next
                        try:
                            found = digest(run.hash, place, record.key, record.value, headers[:-3])
                        except TypeError:  # a header without a value
                            found = b""
                        if (
                            hexlify(found) == claimed
                            and place > line.high
                            and place + 1 not in chain.starts
                            and place not in chain.watches
                        ):
                            run.next = place = place + 1
                            run.text = b"%d" % place
                            run.hash = found
                            run.alt = None
                            run.partition, run.offset = partition, record.offset
                            run.key, run.stamp = record.key, record.timestamp
                            line.before, line.high = line.high, place - 1
                            line.high_at = record
                            begun = True
                            continue
            begun = self._closely(partition, record, lines, begun=begun, lost=index in lost)
        if begun:
            self._begun.add(partition)

    def _closely(self, partition: int, record: Entry, lines: dict[bytes, Line], *, begun: bool, lost: bool) -> bool:
        """A record that does not simply follow. Returns whether chains have begun on this partition."""
        held = hold(partition, record)
        line = None if held.chain is None else lines.get(held.chain.encode())
        if held.chain is None and held.place is None and held.claimed is None and not begun:
            self.older += 1
            return False
        if held.why:
            self._stray(held, held.why)
        elif line is None:
            self._stray(held, f"nobody knows a chain {held.chain}")
        elif lost:
            self._stray(held, "its key belongs on another partition")
        else:
            assert held.place is not None
            self._order(line, held, held.place)
            self._watched(line.chain, held, held.place)
            line.chain.take(held, held.place)
            return True
        return begun

    def _order(self, line: Line, held: Held, place: int) -> None:
        if place > line.high:
            line.before, line.high, line.high_at = line.high, place, held
        elif place == line.high:  # used twice, which is told by whoever knows the hashes
            return
        elif place > line.before:  # the higher one came too early
            early = line.high_at
            assert early is not None
            line.chain.out_of_order.append(
                (early if isinstance(early, Held) else hold(held.partition, early), place, held.at)
            )
            line.high, line.high_at = place, held
        else:
            line.chain.out_of_order.append((held, line.high, held.at))

    def _watched(self, chain: Chain, held: Held, place: int) -> None:
        told = chain.watches.get(place)
        if told is not None and held.claimed != told[0]:
            chain.hits.append((place, held, told[1]))

    def _stray(self, held: Held, why: str) -> None:
        self.strays.append(
            Held(
                held.partition,
                held.offset,
                held.timestamp,
                held.key,
                held.value if len(self.strays) < _STRAYS_KEPT else None,
                held.body,
                held.chain,
                held.place,
                held.claimed,
                why,
            )
        )

    def _lines_of(self, partition: int) -> dict[bytes, Line]:
        if partition not in self._lines:
            self._lines[partition] = {name.encode(): Line(chain) for name, chain in self.chains.items()}
            if self.beginning.begun:
                self._begun.add(partition)
        return self._lines[partition]

    def merge(self, other: "Verifier") -> None:
        """Take over what another reader has found on other partitions."""
        self.records += other.records
        self.older += other.older
        self.strays += other.strays
        self.first_stamps |= other.first_stamps
        self._begun |= other._begun
        for name, chain in other.chains.items():
            self.chains[name].adopt(chain)
        for partition, lines in other._lines.items():
            own = self._lines_of(partition)
            for header, line in lines.items():
                own[header].high, own[header].before, own[header].high_at = line.high, line.before, line.high_at

    def report(self, ends: Ends | None = None, *, notes: Iterable[str] = ()) -> Report:
        """What has been found so far, with the heads of the lanes as known to their own state."""
        return settle(self, ends or Ends(), notes=tuple(notes))
