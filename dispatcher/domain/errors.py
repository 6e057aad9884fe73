"""Every error that this program raises on purpose, in one tree.

    DispatcherError
    ├── BrokerError            D2xx  the embedded Kafka broker
    │   ├── PortInUse          D201
    │   ├── NoSpace            D202
    │   ├── BrokenJar          D203
    │   ├── NoRuntime          D204
    │   ├── BrokerDied         D205
    │   ├── FetchFailed        D206
    │   ├── UnwritableData     D207
    │   ├── BrokerNotReady     D208
    │   ├── BrokerBusy         D209
    │   ├── BrokerNotStopped   D210
    │   └── DamagedData        D211
    ├── BadRecord              D3xx  a record that cannot be taken as it is
    ├── CatalogError           D401  topics.yaml, agencies.yaml, taxonomy or a policy file
    ├── SettingsError          D402  the environment or the command line
    ├── ClusterUnreachable     D501
    ├── TopicMismatch          D502
    ├── NotFound               D503
    ├── NoAnswer               D504
    └── the ledger in SQL      D505 to D510  (dispatcher/ledger/errors.py)

A code is stable: it may be searched for, written into a runbook and counted; it is never given to another error.
The message says what happened, the hint says what to do.
"""

from __future__ import annotations


class DispatcherError(Exception):
    """Root of the tree. `str()` shows ``D101 what happened. What to do.``

    `message` and `hint` are kept apart so that a terminal can set them differently.
    """

    code: str = "D100"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return " ".join(part for part in (self.code, _sentence(self.message), _sentence(self.hint)) if part)


def _sentence(text: str) -> str:
    """`text` closed by a full stop, unless it ends in a stop of its own or is empty."""
    text = text.strip()
    return text if not text or text[-1] in ".!?。！？" else f"{text}."


# D2xx: the embedded Kafka broker ------------------------------------------------------------------


class BrokerError(DispatcherError):
    """Something about the embedded broker."""

    code = "D200"


class PortInUse(BrokerError):
    """Another process listens on the port that the broker was told to use."""

    code = "D201"


class NoSpace(BrokerError):
    """The disk under the data folder, or under the cache, has no room left."""

    code = "D202"


class BrokenJar(BrokerError):
    """A file of Kafka's is missing or is not the one whose SHA-256 is pinned, and fetching again did not help."""

    code = "D203"


class NoRuntime(BrokerError):
    """There is no Java to run the broker with, or it does not run."""

    code = "D204"


class BrokerDied(BrokerError):
    """The broker's process ended when it should be running; the message carries the end of its log."""

    code = "D205"


class FetchFailed(BrokerError):
    """Kafka's files could not be fetched."""

    code = "D206"


class UnwritableData(BrokerError):
    """The data folder cannot be made or written to."""

    code = "D207"


class BrokerNotReady(BrokerError):
    """The broker's process runs, but did not answer a client in the time given."""

    code = "D208"


class BrokerBusy(BrokerError):
    """Another process is starting or stopping a broker on the same data folder."""

    code = "D209"


class BrokerNotStopped(BrokerError):
    """The broker's process is still there after it was told to end."""

    code = "D210"


class DamagedData(BrokerError):
    """The data folder holds records, but not what Kafka needs to know them as its own."""

    code = "D211"


# D3xx: records that cannot be taken as they are ------------------------------------------------------


class BadRecord(DispatcherError):
    """A record whose content is at fault: it becomes a dead letter, and for a call also a case for a person.

    Codes: D301 empty, D302 too large, D303 not JSON, D304 a field, D305 empty text, D306 text too long, D307 control
    characters, D308 future, D309 ancient, D310 call_id used for another call, D311 our own fault, D312 killed the worker
    three times, D313 unknown message type, D314 no promotion of a model.
    """

    def __init__(self, message: str, *, code: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


# D4xx: what a city edits -----------------------------------------------------------------------------


class CatalogError(DispatcherError):
    """One or more mistakes in the YAML files; the message lists each with file, key path and what to do."""

    code = "D401"


class SettingsError(DispatcherError):
    """A setting from the environment or the command line cannot be used."""

    code = "D402"


# D5xx: the cluster and what runs on it ---------------------------------------------------------------


class ClusterUnreachable(DispatcherError):
    """No Kafka broker answers at the bootstrap address."""

    code = "D501"


class TopicMismatch(DispatcherError):
    """The cluster's topics differ from topics.yaml."""

    code = "D502"


class NotFound(DispatcherError):
    """What was asked for is not in the topics."""

    code = "D503"


class NoAnswer(DispatcherError):
    """The service did not answer in time: is a worker running?"""

    code = "D504"
