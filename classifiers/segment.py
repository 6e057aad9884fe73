"""Words of a Chinese text by jieba with a private dictionary that knows the city's names, no hidden Markov model.

jieba is needed for two things, both before the service runs: words are compared with other features
(`python -m classifiers.train --compare`), and the small dictionary of `words.py` is taken from jieba's
(`python -m classifiers.segment`). A worker never loads jieba: its import alone takes 0.25 s and 60 MB.
"""

import sys
import warnings
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from classifiers.gazetteer import load_gazetteer
from classifiers.words import LONGEST, PATH, cost_of

_NAME_FREQUENCY = 20_000
"""Higher than the parts of any name, so that 太原街 stays one word."""

MIN_FREQUENCY: Final = 50
"""Words seen so often in jieba's own corpus are in the small dictionary: 52,000 of 349,000."""


@lru_cache(maxsize=1)
def _jieba() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42 has invalid escapes that newer Pythons warn of
        import jieba
    return jieba


@lru_cache(maxsize=1)
def load_segmenter() -> Any:
    """A tokenizer of its own; jieba's global one stays untouched, and nothing is cached in a temp directory."""
    tokenizer = _jieba().Tokenizer()
    with (Path(_jieba().__file__).parent / "dict.txt").open("rb") as source:
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(source)
    tokenizer.initialized = True
    for name in load_gazetteer().names:
        tokenizer.add_word(name, _NAME_FREQUENCY)
    return tokenizer


def words(text: str) -> list[str]:
    """The words of `text`, in order; punctuation comes as words of its own."""
    found: list[str] = load_segmenter().lcut(text, HMM=False)
    return found


def small_dictionary() -> str:
    """jieba's frequent words as lines of a cost and the words that have it, cheapest first."""
    by_cost: dict[int, list[str]] = defaultdict(list)
    with (Path(_jieba().__file__).parent / "dict.txt").open(encoding="utf-8") as source:
        known = [(word, int(frequency)) for word, frequency, _ in (line.split(" ") for line in source)]
    total = sum(frequency for _, frequency in known)
    for word, frequency in known:
        if frequency >= MIN_FREQUENCY and len(word) <= LONGEST and not word.isascii():
            by_cost[cost_of(frequency, total)].append(word)
    return "".join(f"{cost} {' '.join(sorted(found))}\n" for cost, found in sorted(by_cost.items()))


if __name__ == "__main__":
    PATH.write_text(small_dictionary(), encoding="utf-8")
    sys.exit(0)
