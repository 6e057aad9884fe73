"""The folder of models that have been accepted or have run: ``model-<sha256>/``, each with its files and, if the gate was asked, its report.

The name is the digest by which every decision names its model (`Classifier.digest`): over the model's files and the deciding tables
of the library. A model whose digest has become another, because the tables have, is not the model that was accepted.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from classifiers import Classifier
from classifiers.model import MODEL_DIR
from dispatcher.artefacts import digest_of, keep_model, model_folder
from dispatcher.domain.errors import NotFound

REPORT: Final = "report.json"
PAGE: Final = "report.html"
_NAME = re.compile(r"model-([0-9a-f]{64})")
#: Of a digest a person may give so few characters, where no other model begins so.
SHORTEST: Final = 6


@dataclass(frozen=True, slots=True)
class Kept:
    """A model in the store. `report`: sha256 of its report's bytes, None where the gate was not asked."""

    digest: str
    folder: Path
    report: str | None

    def read_report(self) -> dict[str, Any] | None:
        """The gate's report as plain values."""
        if self.report is None:
            return None
        found = orjson.loads((self.folder / REPORT).read_bytes())
        return found if isinstance(found, dict) else None


class Store:
    """Models by their digests below `folder`, which is made when the first is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> Iterator[Kept]:
        """Every model, by digest."""
        for path in sorted(self.folder.glob("model-*")) if self.folder.is_dir() else ():
            if (match := _NAME.fullmatch(path.name)) is not None:
                yield _kept(match[1], path)

    def get(self, digest: str) -> Kept | None:
        """The model with exactly this digest."""
        path = model_folder(self.folder, digest)
        return _kept(digest, path) if path.is_dir() else None

    def find(self, named: str) -> Kept:
        """The model whose digest is, or begins with, `named`. Raises `NotFound`."""
        wanted = named.lower().removeprefix("model-")
        found = [kept for kept in self.all() if len(wanted) >= SHORTEST and kept.digest.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        known = ", ".join(kept.digest[:12] for kept in self.all()) or "none"
        said = f"{len(found)} models begin with {named}" if found else f"no model {named} in {self.folder}"
        raise NotFound(
            said,
            hint=f"Models there: {known}; `dispatcher model propose DIR` puts one there. Give {SHORTEST} or more characters",
        )

    def keep(self, source: Path, digest: str, *, report: bytes | None = None, page: str | None = None) -> Kept:
        """Copy the model in `source`, unless it is there, and put its report beside it.

        A model appears whole or not at all. A report that is there already is kept under its own digest (``report-<sha256>.json``),
        since a promotion may name it.
        """
        target = model_folder(self.folder, digest)
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".making-") as made:
            if target.is_dir() and digest_of(target) != digest:  # damaged
                target.rename(Path(made) / "before")
            keep_model(self.folder, digest, source)
            if report is not None:
                earlier = _kept(digest, target).report
                if earlier is not None:
                    shutil.copyfile(target / REPORT, target / f"report-{earlier}.json")
                for name, content in ((REPORT, report), (PAGE, (page or "").encode())):
                    (Path(made) / name).write_bytes(content)
                    (Path(made) / name).replace(target / name)
        return _kept(digest, target)

    def load(self, digest: str) -> Classifier:
        """The model with this digest, loaded: the one that ships with the program, or one of the store.

        Raises `NotFound` where there is none, or where its files or the library's tables have changed since.
        """
        return Classifier.load(self.home_of(digest))

    def home_of(self, digest: str) -> Path:
        """The folder of the model with this digest, its files proven to be that model. Raises `NotFound`."""
        for path in (MODEL_DIR, model_folder(self.folder, digest)):
            if path.is_dir() and digest_of(path) == digest:
                return path
        if self.get(digest) is None:
            said = f"model {digest[:12]} is neither the one that ships with this program nor in {self.folder}"
            raise NotFound(said, hint="Bring its folder model-<sha256> there from the machine that has it")
        raise NotFound(
            f"the model in {model_folder(self.folder, digest)} is another now: its files or the library's tables have changed",
            hint="Use the program's version that it was accepted with, or propose it again",
        )


def _kept(digest: str, folder: Path) -> Kept:
    path = folder / REPORT
    report = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    return Kept(digest, folder, report)
