"""Words of a Chinese text: jieba with a private dictionary, no hidden Markov model, no cache in a temp directory.

The dictionary is `lexicons/words.txt`: the words of jieba's own dictionary that the corpus or the city's names
can use, plus the city's names. A short list loads in milliseconds, and a word that training never met has no
weight anyway.
"""

from functools import lru_cache
from pathlib import Path
from typing import Protocol, cast

from classifiers.errors import TableError
from classifiers.tables import HERE

WORDS = HERE / "lexicons" / "words.txt"


class Segmenter(Protocol):
    def lcut(self, sentence: str, cut_all: bool = False, HMM: bool = True) -> list[str]: ...  # noqa: N803


def build_segmenter(path: Path) -> Segmenter:
    """A tokenizer of its own over the list at `path` (`word frequency` a line); jieba's global one stays untouched."""
    import jieba

    frequencies: dict[str, int] = {}
    total = 0
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            word, count = line.split(" ")
            frequencies[word] = int(count)
            total += int(count)
    except (OSError, ValueError) as error:
        raise TableError(f"{path.name} must hold one `word frequency` a line: {error}") from error
    # jieba looks words up by growing prefixes; every prefix must be a key, with 0 for those that are no words.
    for word in list(frequencies):
        for end in range(1, len(word)):
            frequencies.setdefault(word[:end], 0)
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = frequencies, total, True
    return cast(Segmenter, tokenizer)


@lru_cache(maxsize=1)
def load_segmenter() -> Segmenter:
    return build_segmenter(WORDS)


def words(text: str) -> list[str]:
    """The words of `text`, in order; punctuation comes as words of its own."""
    return load_segmenter().lcut(text, HMM=False)
