"""The store of artefacts: each model and policy that ever decided, in a folder named by what decisions call it.

``artefacts/model-<sha256>/`` holds a model's files, and under ``tables/`` the tables that have a say in its digest;
``artefacts/policy-<sha256>/`` holds ``agencies.yaml``, ``topics.yaml`` and the policy files under ``policy/``. A worker keeps
what it runs at its start, so that a replay years later finds what a decision names.
"""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from classifiers import Classifier, ClassifierError
from classifiers.model import CALIBRATION, MODEL_DIR
from classifiers.tables import HERE
from classifiers.triage import DECIDING_TABLES
from dispatcher.catalog import Catalog, load_catalog
from dispatcher.catalog.load import POLICY_DIR
from dispatcher.domain.errors import CatalogError, NotFound

#: What a model is made of; its other files are for people.
MODEL_FILES = ("model.json", "model.npz", CALIBRATION)
#: The city's files beside its policy.
_CITY_FILES = ("agencies.yaml", "topics.yaml")


class MissingArtefact(NotFound):
    """A model or policy that decisions name is not to be had as it was."""


def model_folder(store: Path, digest: str) -> Path:
    """Where the model of that digest lies, if it is kept."""
    return store / f"model-{digest}"


def digest_of(folder: Path) -> str | None:
    """The digest of the model in `folder`, None where it cannot be loaded."""
    try:
        return Classifier.load(folder).digest
    except ClassifierError:
        return None


def keep_model(store: Path, digest: str, source: Path = MODEL_DIR) -> Path:
    """Copy the model in `source`, whose digest that is, into `store`, unless it is there; returns its folder. With it go the tables that
    have a say in the digest: whoever finds another digest later sees which changed."""
    files = [(source / name, Path(name)) for name in MODEL_FILES]
    tables = [(HERE / name, Path("tables", name)) for name in DECIDING_TABLES]
    return _keep(model_folder(store, digest), (*files, *tables))


def load_model(store: Path, sha256: str) -> Classifier:
    """The model of that digest out of the store. Raises `MissingArtefact`, saying what is missing and what to do."""
    folder = model_folder(store, sha256)
    if not folder.is_dir():
        raise MissingArtefact(
            f"model {sha256} decided here, and {folder.name} is not in {store}",
            hint="Copy that folder from where the worker ran, or name a model with --model for a what-if",
        )
    try:
        model = Classifier.load(folder)
    except ClassifierError as error:
        raise MissingArtefact(
            f"{folder.name} in the store is damaged: {error}", hint="Copy it again from where the worker ran"
        ) from None
    if model.digest != sha256:
        other = [name for name in DECIDING_TABLES if not _same(folder / "tables" / name, HERE / name)]
        why = f"its tables {', '.join(other)} are others than this program's" if other else "its files were changed"
        raise MissingArtefact(
            f"model {sha256} cannot decide here: {why}",
            hint="Replay with the version of the program that had them, or name --model for a what-if",
        )
    return model


def keep_policy(store: Path, sha256: str, home: Path, policy_dir: Path | None = None) -> Path:
    """Copy the city's files whose digest is `sha256` into `store`, unless they are there; returns their folder."""
    city = [(home / name, Path(name)) for name in _CITY_FILES]
    policy = [(path, Path("policy", path.name)) for path in sorted((policy_dir or POLICY_DIR).glob("*.yaml"))]
    return _keep(store / f"policy-{sha256}", (*city, *policy))


def keep(store: Path, *, classifier: Classifier, catalog: Catalog, home: Path, policy_dir: Path | None = None) -> None:
    """Keep what runs here: a worker calls this at its start. Two workers may do so at once."""
    keep_model(store, classifier.digest)
    keep_policy(store, catalog.policy.sha256, home, policy_dir)


def _keep(folder: Path, files: Iterable[tuple[Path, Path]]) -> Path:
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".fresh-", dir=folder.parent))
    try:
        for source, name in files:
            if source.is_file():  # a model may come without a calibration
                (fresh / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, fresh / name)
        fresh.chmod(0o755)
        try:
            fresh.rename(folder)
        except OSError:  # somebody else was first; what lies there has the same digest
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


class Store:
    """Where a replay finds models and policies by their digests: the store's folder, then what this program runs itself."""

    def __init__(self, folder: Path, home: Path, policy_dir: Path | None = None) -> None:
        self._folder = folder
        self._home = home
        self._policy_dir = policy_dir
        self._models: dict[str, Classifier] = {}
        self._policies: dict[str, Catalog] = {}

    def model(self, sha256: str) -> Classifier:
        """The model of that digest. Raises `MissingArtefact`, saying what is missing and what to do."""
        if sha256 not in self._models:
            self._models[sha256] = self._load_model(sha256)
        return self._models[sha256]

    def policy(self, sha256: str) -> Catalog:
        """The city whose policy has that digest. Raises `MissingArtefact`."""
        if sha256 not in self._policies:
            self._policies[sha256] = self._load_policy(sha256)
        return self._policies[sha256]

    def named_model(self, folder: Path) -> str:
        """Take in the model of a folder, for a what-if; returns its digest. Raises `NotFound`."""
        try:
            model = Classifier.load(folder)
        except ClassifierError as error:
            raise NotFound(f"--model: {error}", hint="Name a folder with model.json and model.npz") from None
        self._models[model.digest] = model
        return model.digest

    def named_policy(self, folder: Path) -> str:
        """Take in the policy files of a folder, for a what-if; returns their digest. Raises `CatalogError`.

        The folder is one of policy files, beside the agencies of this program, or one of the store.
        """
        kept = (folder / "policy").is_dir() and (folder / "agencies.yaml").is_file()
        catalog = (
            load_catalog(folder, policy_dir=folder / "policy") if kept else load_catalog(self._home, policy_dir=folder)
        )
        self._policies[catalog.policy.sha256] = catalog
        return catalog.policy.sha256

    def own_model(self) -> Classifier:
        """The model of this program itself."""
        found = self._models.get("own") or Classifier.load()
        self._models["own"] = found
        return found

    def own_policy(self) -> Catalog:
        """The city of this program itself."""
        found = self._policies.get("own") or load_catalog(self._home, policy_dir=self._policy_dir)
        self._policies["own"] = found
        return found

    def _load_model(self, sha256: str) -> Classifier:
        return self.own_model() if self.own_model().digest == sha256 else load_model(self._folder, sha256)

    def _load_policy(self, sha256: str) -> Catalog:
        folder = self._folder / f"policy-{sha256}"
        if self.own_policy().policy.sha256 == sha256:
            return self.own_policy()
        if not folder.is_dir():
            raise MissingArtefact(
                f"policy {sha256} decided here, and {folder.name} is not in {self._folder}",
                hint="Copy that folder from where the worker ran, or name a policy with --policy for a what-if",
            )
        try:
            catalog = load_catalog(folder, policy_dir=folder / "policy")
        except CatalogError as error:
            raise MissingArtefact(
                f"{folder.name} in the store cannot be used: {error.message}",
                hint="Replay with the version of the program that wrote it",
            ) from None
        if catalog.policy.sha256 != sha256:
            raise MissingArtefact(
                f"{folder.name} in the store has another digest here: the taxonomy differs, or a file was changed",
                hint="Replay with the version of the program that had it, or name --policy for a what-if",
            )
        return catalog


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and one.read_bytes() == other.read_bytes()
