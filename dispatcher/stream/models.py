"""Which model decides a partition's calls: the one that ships with the program, until a promotion lies in the partition.

A promotion (``model.promoted.v1``) is a record among the calls, so every worker switches at the same place of the log, and a replay too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from classifiers import Classifier
from dispatcher.artefacts import MissingArtefact, load_model
from dispatcher.domain.model_events import ModelPromoted
from dispatcher.domain.policy import TriagePolicy
from dispatcher.domain.triage import Classify
from dispatcher.stream.classify import classify_with

log = structlog.get_logger(__name__)

KEY: Final = b"model:"
"""In ``caller-state``: the digest of the model that decides this partition. No caller's pseudonym ends in a colon."""

PROMOTED: Final = ModelPromoted.ce_type.encode()

Load = Callable[[str], Classify]


class Models:
    """`running`: the model that ships; `load`: another one by its digest, raises `MissingArtefact`."""

    def __init__(self, running: Classify, load: Load) -> None:
        self._running = running
        self._load = load
        self._known: dict[str, Classify] = {}

    def of(self, digest: bytes | None) -> Classify:
        """The model of that digest; None is the one that ships.

        One that is not here must not stop the line: a call decided by the model before it is better than one that waits. Each decision
        names the model that made it, and the log cries.
        """
        if digest is None:
            return self._running
        name = digest.decode("ascii", "replace")
        if name not in self._known:
            try:
                self._known[name] = self._load(name)
            except MissingArtefact as error:
                log.critical("model.missing", model=name, reason=str(error))
                self._known[name] = self._running
        return self._known[name]


def load_from(store: Path, policy: TriagePolicy, running: Classifier) -> Load:
    """Models of a store's folder ``model-<sha256>/``; the running one needs no copy."""

    def load(digest: str) -> Classify:
        if digest == running.digest:
            return classify_with(running, policy)
        return classify_with(load_model(store, digest), policy)

    return load
