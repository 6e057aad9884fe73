"""What the comparing of things and that of people have in common."""

from typing import Protocol


class Likely(Protocol):
    """A counterpart with its score, 0..1, and the reasons, in Chinese."""

    @property
    def other(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...
