"""The safety rules above the model: an ordered table (`lexicons/rules.yaml`) over words, patterns and scope."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import Field

from classifiers.errors import TableError
from classifiers.scanner import Scanner
from classifiers.scope import Scope, scope_of
from classifiers.tables import HERE, Strict, read_table
from classifiers.taxonomy import DANGER, Urgency, load_taxonomy

PATH = HERE / "lexicons" / "rules.yaml"

ScopeName = Literal["negated", "asked", "past", "condition", "figure", "quoted"]


class RuleRow(Strict):
    """A rule as it is written; see the head of the file for what each key means."""

    id: str = Field(pattern=r"^[a-z]+\.[a-z_]+$")
    level: Literal["danger", "look"]
    words: tuple[str, ...] = Field(min_length=1)
    pattern: str
    categories: tuple[str, ...] = Field(min_length=1)
    urgency: Urgency
    ignore: tuple[ScopeName, ...]
    unless: str | None = None
    reason: str
    source: str
    owner: str


class RuleTable(Strict):
    version: str
    let: dict[str, str]
    rules: tuple[RuleRow, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule ready to be asked."""

    row: RuleRow
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    ignore: Scope

    def match(self, text: str) -> str | None:
        """The words of `text` that set the rule off, or None."""
        for found in self.pattern.finditer(text):
            if self.ignore and scope_of(text, found.start(), found.end()) & self.ignore:
                continue
            if self.unless is not None and self.unless.search(text):
                return None
            return found.group()
        return None


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that holds for a text, and the words that set it off."""

    rule: RuleRow
    cue: str


class RuleBook:
    """All rules. One scan over their words finds the few rules whose pattern is worth asking."""

    __slots__ = ("_rules", "_scanner", "_woken", "digest")

    def __init__(self, table: RuleTable, *, digest: str) -> None:
        self._rules = tuple(_compile(row, table.let) for row in table.rules)
        self.digest = digest
        words = sorted({word for rule in self._rules for word in rule.row.words})
        self._scanner = Scanner(words)
        # The scan takes the longest word only, so a word also wakes the rules of the words inside it.
        self._woken: Mapping[str, tuple[int, ...]] = {
            word: tuple(i for i, rule in enumerate(self._rules) if any(inner in word for inner in rule.row.words))
            for word in words
        }

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def fired(self, text: str, pairs: Sequence[str] | None = None) -> list[Fired]:
        """The rules that hold for a normalised text, in the table's order. `pairs`: see `Scanner.find`."""
        woken: set[int] = set()
        for hit in self._scanner.find(text, pairs):
            woken.update(self._woken[hit.name])
        out = []
        for number in sorted(woken):
            rule = self._rules[number]
            cue = rule.match(text)
            if cue is not None:
                out.append(Fired(rule.row, cue))
        return out


def _compile(row: RuleRow, macros: Mapping[str, str]) -> Rule:
    pattern = row.pattern
    # Only rules that use a macro are written with doubled braces around their own repetitions.
    if "{{" in pattern or any("{" + name + "}" in pattern for name in macros):
        pattern = pattern.format(**macros)
    try:
        compiled = re.compile(pattern)
        unless = re.compile(row.unless) if row.unless else None
    except re.error as error:
        raise TableError(f"rules.yaml: {row.id} is no pattern: {error}") from error
    ignore = Scope.PLAIN
    for name in row.ignore:
        ignore |= Scope[name.upper()]
    return Rule(row, compiled, unless, ignore)


def _check(table: RuleTable) -> None:
    taxonomy = load_taxonomy()
    ids = [row.id for row in table.rules]
    if len(set(ids)) != len(ids):
        raise TableError("rules.yaml: two rules have the same id")
    for row in table.rules:
        for code in row.categories:
            if code not in taxonomy.categories:
                raise TableError(f"rules.yaml: {row.id} names {code}, which is no category")
            if taxonomy.outcome_of(code) not in DANGER:
                raise TableError(f"rules.yaml: {row.id} names {code}; a rule may only raise to police or joint")


@lru_cache(maxsize=1)
def load_rules() -> RuleBook:
    """The rules, read and checked once. Raises TableError when the table does not hold together."""
    table = read_table(PATH, RuleTable)
    _check(table)
    return RuleBook(table, digest=hashlib.sha256(PATH.read_bytes()).hexdigest())
