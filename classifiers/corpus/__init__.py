"""The labelled calls: rows, their reading, their import from writers' sheets, and the checks that guard them."""

from classifiers.corpus.rows import STYLES, TEST, TRAIN, Row, read_rows, read_split

__all__ = ["STYLES", "TEST", "TRAIN", "Row", "read_rows", "read_split"]
