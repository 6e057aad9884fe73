"""Which model decides a partition's calls: the one that ships with the program, until a promotion lies in the partition.

A promotion (``model.promoted.v1``) is a record among the calls, so every worker switches at the same place of the log, and a replay too.
"""

from pathlib import Path
from typing import Final, Protocol

import structlog

from classifiers import Classifier
from dispatcher.artefacts import MODEL_FILES, MissingArtefact, load_model, model_folder
from dispatcher.domain.model_events import ModelPromoted
from dispatcher.domain.policy import TriagePolicy
from dispatcher.domain.triage import Classify
from dispatcher.observe import metrics
from dispatcher.stream.classify import classify_with

log = structlog.get_logger(__name__)

KEY: Final = b"model:"
"""In ``caller-state``: the digest of the model that decides this partition, and that of the one before it. No caller's pseudonym
ends in a colon."""

PROMOTED: Final = ModelPromoted.ce_type.encode()


def named(promoted: ModelPromoted) -> bytes:
    """What a partition's state remembers of a promotion."""
    return f"{promoted.model} {promoted.previous}".encode()


def deciding(known: bytes | None) -> str | None:
    """The digest of the model that has to decide, by what the state remembers; None: the one that ships."""
    return known.decode("ascii", "replace").partition(" ")[0] if known is not None else None


class Shelf(Protocol):
    """Models by their digests."""

    def load(self, digest: str) -> Classify:
        """That model. Raises `MissingArtefact`."""
        ...

    def stamp(self, digest: str) -> object:
        """Another value as soon as something else lies there; costs next to nothing."""
        ...


class Models:
    """`running`: the model that ships; `shelf`: where the others are."""

    def __init__(self, running: Classify, shelf: Shelf) -> None:
        self._running = running
        self._shelf = shelf
        self._known: dict[str, Classify] = {}
        self._missing: dict[str, object] = {}

    def of(self, known: bytes | None) -> Classify:
        """The model that a partition's state names; None is the one that ships.

        One that is not here must not stop the line: a call decided by the model before it is better than one that waits. Each decision
        names the model that made it, the log and a metric cry, and the model is taken as soon as it is here.
        """
        if known is None:
            return self._running
        wanted, *before = known.decode("ascii", "replace").split(" ")
        if (model := self._find(wanted)) is not None:
            return model
        metrics.OTHER_MODEL.inc()
        return next((model for name in before if (model := self._find(name)) is not None), self._running)

    def _find(self, name: str) -> Classify | None:
        if name in self._known:
            return self._known[name]
        stamp = self._shelf.stamp(name)
        if name in self._missing and self._missing[name] == stamp:
            return None
        try:
            self._known[name] = self._shelf.load(name)
        except MissingArtefact as error:
            log.critical("model.missing", model=name, reason=str(error))
            self._missing[name] = stamp
            return None
        if self._missing.pop(name, None) is not None:
            log.warning("model.found", model=name)
        return self._known[name]


class FromStore:
    """A store's folders ``model-<sha256>/``; the running model needs no copy."""

    def __init__(self, store: Path, policy: TriagePolicy, running: Classifier) -> None:
        self._store = store
        self._policy = policy
        self._running = running

    def load(self, digest: str) -> Classify:
        """See `Shelf`. What is here and cannot be used, for whatever reason, is as good as missing: every call would fail on it."""
        try:
            model = self._running if digest == self._running.digest else load_model(self._store, digest)
            return classify_with(model, self._policy)
        except MissingArtefact:
            raise
        except Exception as error:
            raise MissingArtefact(
                f"model {digest} cannot be used here: {type(error).__name__}: {error}",
                hint="Copy its folder again, or promote another",
            ) from error

    def stamp(self, digest: str) -> object:
        """Times and sizes of the model's files, as far as they are there."""
        return tuple(map(_stamp, (model_folder(self._store, digest) / name for name in MODEL_FILES)))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
