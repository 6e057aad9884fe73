"""What comparing gives, of things and of people alike."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """A counterpart: the other report's id, the score (0..1), and the signs that spoke, strongest first, in Chinese, those against too."""

    other: str
    score: float
    reasons: tuple[str, ...]
