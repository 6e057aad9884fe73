"""The door to extraction: `extract(text, received_at=None)`; see `classifiers.extraction`."""

from classifiers.extraction import extract

__all__ = ["extract"]
