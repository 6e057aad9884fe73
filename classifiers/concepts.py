"""Words that mean the same to a dispatcher (`lexicons/concepts.yaml`), found in a text with their negation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from pydantic import Field

from classifiers.scanner import Scanner
from classifiers.scope import negated
from classifiers.tables import HERE, Strict, read_table


class Concept(Strict):
    name: str
    words: tuple[str, ...] = Field(min_length=1)


class ConceptTable(Strict):
    version: str
    source: str
    concepts: dict[str, Concept]


@dataclass(frozen=True, slots=True)
class ConceptHit:
    """`word` at `start` speaks of `concepts`; `denied` when its clause denies it."""

    start: int
    word: str
    concepts: tuple[str, ...]
    denied: bool


@dataclass(frozen=True, slots=True)
class Concepts:
    """The index over all words. `names` gives each concept's Chinese name."""

    names: Mapping[str, str]
    of_word: Mapping[str, tuple[str, ...]]
    scanner: Scanner

    def find(self, text: str, pairs: Sequence[str] | None = None) -> list[ConceptHit]:
        """The concept words of `text`, from left to right, longest first, without overlap. `pairs`: see `Scanner.find`."""
        return [
            ConceptHit(hit.start, hit.name, self.of_word[hit.name], negated(text, hit.start, hit.end))
            for hit in self.scanner.find(text, pairs)
        ]


@lru_cache(maxsize=1)
def load_concepts() -> Concepts:
    """The concepts, read once. Raises TableError when the file does not hold together."""
    table = read_table(HERE / "lexicons" / "concepts.yaml", ConceptTable)
    of_word: dict[str, tuple[str, ...]] = {}
    for code, concept in table.concepts.items():
        for word in concept.words:
            of_word[word] = (*of_word.get(word, ()), code)
    names = {code: concept.name for code, concept in table.concepts.items()}
    return Concepts(MappingProxyType(names), MappingProxyType(of_word), Scanner(of_word))
