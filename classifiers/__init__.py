"""Triage of Chinese calls to the 110 line: text in, a decision with its evidence out.

A library of its own: it knows nothing of Kafka, cases or agencies' addresses, reads no clock, and gives the
same answer to the same text wherever it runs.

    >>> from classifiers import Classifier
    >>> classifier = Classifier.load()
    >>> classifier.triage("楼道灯坏半个月没人换").outcome
    <Outcome.NON_POLICE: 'non_police'>
"""

from classifiers.errors import ClassifierError
from classifiers.taxonomy import Outcome, Taxonomy, Urgency, load_taxonomy
from classifiers.thresholds import Costs, Thresholds
from classifiers.triage import Classifier, Place, Triage

__all__ = [
    "Classifier",
    "ClassifierError",
    "Costs",
    "Outcome",
    "Place",
    "Taxonomy",
    "Thresholds",
    "Triage",
    "Urgency",
    "load_taxonomy",
]
