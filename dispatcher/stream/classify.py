"""The classifier as this city uses it: the triage policy's costs and cut-offs put to the library."""

import dataclasses
from datetime import datetime

from classifiers import Classifier, Costs, Thresholds
from dispatcher.domain.errors import CatalogError
from dispatcher.domain.policy import TriagePolicy
from dispatcher.domain.triage import Answer, Classify


def thresholds(classifier: Classifier, policy: TriagePolicy) -> Thresholds:
    """The cut-offs that follow from the policy's costs, with a city's own in their place."""
    costs = Costs(**{field.name: getattr(policy, field.name) for field in dataclasses.fields(Costs)})
    found = classifier.thresholds_for(costs)
    try:
        return dataclasses.replace(found, **(policy.cutoffs or {}))
    except TypeError as error:
        names = ", ".join(field.name for field in dataclasses.fields(Thresholds))
        raise CatalogError(f"triage.yaml: cutoffs: {error}", hint=f"The names are {names}") from None


def classify_with(classifier: Classifier, policy: TriagePolicy) -> Classify:
    """The classifier as triage calls it: text, address and time of the call in, an answer out."""
    limits = thresholds(classifier, policy)

    def classify(text: str, address: str | None, received_at: datetime | None) -> Answer:
        return classifier.triage(text, address=address, received_at=received_at, thresholds=limits)

    return classify
