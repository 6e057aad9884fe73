"""What casework makes again beside the ledger's events, on its way into a sieve; or, the second time, those that were odd."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from dispatcher.replay.outputs import KINDS, MESSAGES, Scope, Sent, kind_of
from dispatcher.replay.setup import Part, Setup
from dispatcher.replay.sieve import Sieve
from dispatcher.stream import topics
from dispatcher.stream.records import InputRecord, Output


class Made:
    """Of one partition of the inbox. `wanted`: digests of records to keep, None to sieve them all."""

    def __init__(self, setup: Setup, part: Part, wanted: frozenset[bytes] | None) -> None:
        self._part = part
        self._scope = Scope(setup, {})
        self._has_range = bool(setup.plan.windows)
        self._alone = setup.case is not None
        self._wanted = wanted
        self._sieves = {kind: Sieve.of(plain) for kind, plain in part.sieves.items()}

    def take(
        self, record: InputRecord, outputs: Iterable[Output], *, changed: bool, hidden: Callable[[], bool]
    ) -> None:
        """All that one message to a case causes. `changed`: a what-if has changed the case. `hidden`: it is confidential."""
        for output in outputs:
            kind = kind_of(output.topic)
            if kind not in KINDS or not self._has_range:
                continue
            sent = self._sent(record, output)
            if not self._scope.in_time(sent.topic, record.timestamp_ms, sent.subject, record.partition):
                self._part.tally.count(f"{KINDS[kind]} outside of what can be compared: not compared")
            elif changed:
                self._part.tally.count(f"{KINDS[kind]} that follow a changed decision")
            elif self._alone and not self._scope.is_told(sent):
                self._part.tally.count(f"{KINDS[kind]} outside of what can be compared: not compared")
            elif self._wanted is None:
                self._sieve(kind).add(sent.digest(), -1)
            elif sent.digest() in self._wanted:
                self._part.found.append(replace(sent, hidden=hidden()).plain())

    def _sent(self, record: InputRecord, output: Output) -> Sent:
        told = dict(output.headers)
        value = output.value or b""
        if output.topic == topics.CASE_INBOX and told["ce_type"] in MESSAGES:
            value = self._scope.as_compared(value)
        return Sent(
            topic=output.topic,
            key=output.key or b"",
            value=value,
            ce_id=told["ce_id"],
            ce_type=told["ce_type"],
            ce_time=told["ce_time"],
            subject=told["ce_subject"],
            place=f"{topics.CASE_INBOX}/{record.partition}/{record.offset}",
        )

    def _sieve(self, kind: str) -> Sieve:
        if kind not in self._sieves:
            self._sieves[kind] = Sieve()
        return self._sieves[kind]

    def plain(self) -> dict[str, bytes]:
        """The sieves, for the part to keep."""
        return {kind: sieve.plain() for kind, sieve in sorted(self._sieves.items())}
