"""How a personal text that was sealed shows in the ledger, and the way in which it is opened, for all who read it.

Nothing is sealed yet: a ledger that is, holds ciphertext under a key of its case in the place of such texts (domain section 7). Whoever reads
takes it as any text, and opens it only by a `Reveal` that it is given.
"""

from collections.abc import Callable
from typing import Final

MARK: Final = "§1:"
"""A text that begins so is ciphertext."""

SHOWN: Final = "（已封存）"
"""What a screen shows in its place."""

Reveal = Callable[[bytes, str], bytes]
"""Bytes of a record and its case_id in; bytes with its personal texts legible out."""


def as_it_is(value: bytes, _case_id: str) -> bytes:
    """The record as it lies: what is sealed stays so."""
    return value
