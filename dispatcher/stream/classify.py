"""The classifier as this city uses it: the triage policy's costs and cut-offs put to the library."""

import dataclasses

from classifiers import DEFAULT, Classifier, Costs, Thresholds
from dispatcher.domain.errors import CatalogError
from dispatcher.domain.policy import TriagePolicy
from dispatcher.domain.triage import Answer, Classify


def thresholds(policy: TriagePolicy) -> Thresholds:
    """The policy's costs, and its cut-offs or those chosen with the model."""
    costs = Costs(
        missed_police=policy.missed_police,
        needless_police=policy.needless_police,
        wrong_unit=policy.wrong_unit,
        look=policy.look,
    )
    try:
        return dataclasses.replace(DEFAULT, costs=costs, **(policy.cutoffs or {}))
    except TypeError as error:
        names = ", ".join(f.name for f in dataclasses.fields(Thresholds) if f.name != "costs")
        raise CatalogError(f"triage.yaml: cutoffs: {error}", hint=f"The names are {names}") from None


def classify_with(classifier: Classifier, policy: TriagePolicy) -> Classify:
    """The classifier as triage calls it: text and address in, an answer out."""
    limits = thresholds(policy)

    def classify(text: str, address: str | None) -> Answer:
        return classifier.triage(text, address=address, thresholds=limits)

    return classify
