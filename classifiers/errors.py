"""The errors of the library, each with a stable code.

    ClassifierError
    ├── TableError   C101  a data file (taxonomy, gazetteer, lexicon, rules) does not hold together
    ├── ModelError   C102  the trained model is missing, damaged or made for other tables
    └── CorpusError  C103  the corpus has rows that must not be trained or tested on

`Classifier.triage` raises none of them: they come up when data is loaded, never while a caller waits.
"""


class ClassifierError(Exception):
    """Something the library cannot work with; `code` is stable, the message says what to do."""

    code = "C100"

    def __init__(self, message: str) -> None:
        super().__init__(f"[{self.code}] {message}")


class TableError(ClassifierError):
    code = "C101"


class ModelError(ClassifierError):
    code = "C102"


class CorpusError(ClassifierError):
    code = "C103"
