"""Words of a Chinese text: jieba with a private dictionary that knows the city's names, no hidden Markov model.

Used where words are compared with other features (`python -m classifiers.train --compare`). The committed model does
not need them, so a worker never loads jieba.
"""

import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

from classifiers.gazetteer import load_gazetteer

_NAME_FREQUENCY = 20_000
"""Higher than the parts of any name, so that 太原街 stays one word."""


@lru_cache(maxsize=1)
def load_segmenter() -> Any:
    """A tokenizer of its own; jieba's global one stays untouched, and nothing is cached in a temp directory."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42 has invalid escapes that newer Pythons warn of
        import jieba

    tokenizer = jieba.Tokenizer()
    with (Path(jieba.__file__).parent / "dict.txt").open("rb") as source:
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(source)
    tokenizer.initialized = True
    for name in load_gazetteer().names:
        tokenizer.add_word(name, _NAME_FREQUENCY)
    return tokenizer


def words(text: str) -> list[str]:
    """The words of `text`, in order; punctuation comes as words of its own."""
    found: list[str] = load_segmenter().lcut(text, HMM=False)
    return found
