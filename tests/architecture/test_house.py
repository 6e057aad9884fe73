"""The house rules that a program can check: who may import whom, how long a module may be, what is never used."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path for top in ("dispatcher", "classifiers") for path in (ROOT / top).rglob("*.py"))
IDS = [str(path.relative_to(ROOT)) for path in MODULES]
DISPATCHER_PARTS = {path.name for path in (ROOT / "dispatcher").iterdir() if path.is_dir()}

#: Beside the standard library: models, JSON, and the calendar of public holidays, which is a table.
DOMAIN_MAY_IMPORT = {"pydantic", "orjson", "chinese_calendar"}


def imports(path: Path) -> Iterator[str]:
    """Absolute names of everything that a module imports, wherever in it the import stands."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (above, node.module or "") if part)
            yield module
            yield from (f"{module}.{name.name}" for name in node.names)


def part_of(path: Path) -> str:
    """``domain`` of dispatcher/domain/calls.py; the module's name for those directly below dispatcher."""
    names = path.relative_to(ROOT).parts
    return names[1].removesuffix(".py") if names[0] == "dispatcher" else names[0]


def modules(part: str) -> list[Path]:
    """The modules of one part, as they are called from the root."""
    return [path.relative_to(ROOT) for path in MODULES if part_of(path) == part]


def calls(path: Path) -> Iterator[str]:
    """Dotted names of everything that a module calls."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_there_is_a_house() -> None:
    assert {"domain", "catalog", "stream", "observe", "broker", "cli"} <= DISPATCHER_PARTS
    assert len(MODULES) > 60


@pytest.mark.parametrize("path", modules("domain"), ids=str)
def test_domain_imports_nothing_but_itself(path: Path) -> None:
    for name in imports(ROOT / path):
        top = name.split(".")[0]
        if top == "dispatcher":
            assert name.split(".")[:2] == ["dispatcher", "domain"], name
        else:
            assert top in sys.stdlib_module_names | DOMAIN_MAY_IMPORT, name


def test_only_stream_knows_faust() -> None:
    knowing = {part_of(path) for path in MODULES if {name.split(".")[0] for name in imports(path)} & {"faust", "mode"}}
    assert knowing == {"stream"}


@pytest.mark.parametrize("path", modules("classifiers"), ids=str)
def test_classifiers_are_a_library_of_their_own(path: Path) -> None:
    assert "dispatcher" not in {name.split(".")[0] for name in imports(ROOT / path)}


#: part -> parts of dispatcher that it must not know. `cli` and the composition root in stream may know all.
MUST_NOT_KNOW = {
    "catalog": {"stream", "broker", "cli", "client", "supervise", "settings"},
    "observe": {"stream", "broker", "cli", "client", "supervise", "catalog"},
    "broker": {"stream", "cli", "client", "supervise"},
    "stream": {"cli", "broker", "client", "supervise"},
    "client": {"cli", "supervise"},
    "desks": {"stream", "broker", "cli", "client", "supervise", "settings"},
}


@pytest.mark.parametrize("part", sorted(MUST_NOT_KNOW))
def test_imports_point_downwards(part: str) -> None:
    for path in MODULES:
        if part_of(path) == part:
            known = {name.split(".")[1] for name in imports(path) if name.startswith("dispatcher.")}
            assert not known & MUST_NOT_KNOW[part], path


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_no_module_is_long_and_none_is_a_drawer_for_everything(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400
    assert path.stem not in {"utils", "util", "helpers", "misc", "common"}


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_nothing_is_pickled(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & {
        "pickle",
        "cPickle",
        "dill",
        "joblib",
        "marshal",
        "shelve",
    }
    assert not any(node.arg == "allow_pickle" and ast.unparse(node.value) != "False" for node in keywords(path))


def keywords(path: Path) -> Iterator[ast.keyword]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.keyword):
            yield node


#: What would make a decision depend on anything but its input.
IMPURE_CALLS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "open",
    "print",
    "input",
    "hash",
    "id",
}
IMPURE_MODULES = {"time", "random", "secrets", "os", "socket", "asyncio", "threading", "subprocess", "logging", "uuid"}


@pytest.mark.parametrize("path", modules("domain"), ids=str)
def test_a_decision_reads_no_clock_no_chance_and_no_network(path: Path) -> None:
    for name in calls(ROOT / path):
        assert name not in IMPURE_CALLS, name
        assert not name.endswith((".now", ".utcnow", ".today")), name
    for name in imports(ROOT / path):
        assert name.split(".")[0] not in IMPURE_MODULES or name in {"uuid", "uuid.UUID", "uuid.uuid5"}, name


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), "a module needs a docstring"


def test_metrics_are_declared_in_one_place() -> None:
    makers = {"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"}
    declaring = {
        path.name for path in MODULES for name in imports(path) if name in {f"prometheus_client.{m}" for m in makers}
    }
    assert declaring == {"metrics.py"}
