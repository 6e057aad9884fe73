"""One loaded classifier for all tests of the library."""

import pytest

from classifiers import Classifier


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return Classifier.load()
