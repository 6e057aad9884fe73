"""The report card as one HTML page: figures, confusions, reliability, what a look buys, the worst errors.

Self-contained: the charts are SVG that pygal writes, and nothing is fetched.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from classifiers.charts import lines
from classifiers.figures import FLOORS, keeps, report
from classifiers.slices import Case, bins, confusion, outcome_confusion, recall_at_review, worst
from classifiers.taxonomy import DANGER, Outcome, load_taxonomy
from classifiers.triage import Classifier

_PAGES = Environment(
    loader=PackageLoader("classifiers", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_ANSWERS = (Outcome.POLICE, Outcome.JOINT, Outcome.NON_POLICE, Outcome.INVALID, Outcome.REVIEW)


def page(classifier: Classifier, sets: Mapping[str, Sequence[Case]]) -> str:
    """The page for these test sets, by name."""
    every = [case for cases in sets.values() for case in cases]
    taxonomy = load_taxonomy()
    return _PAGES.get_template("report_card.html").render(
        model=classifier.digest,
        thresholds=classifier.thresholds,
        floors=FLOORS,
        keeps=keeps,
        sets={name: report(cases) for name, cases in sets.items()},
        sizes={name: len(cases) for name, cases in sets.items()},
        reliability=_reliability(sets),
        recall=_recall(classifier, sets),
        outcomes=_outcome_rows(outcome_confusion(every)),
        answers=_ANSWERS,
        names={code: category.name for code, category in taxonomy.categories.items()},
        outcome_names={outcome: named.name for outcome, named in taxonomy.outcomes.items()}
        | {Outcome.REVIEW: "待人工研判"},
        confusions=confusion(every),
        codes=taxonomy.codes,
        totals=Counter(row.category for row, _ in every),
        worst=worst(every),
    )


def _outcome_rows(found: Counter[tuple[Outcome, Outcome]]) -> list[tuple[Outcome, list[int]]]:
    return [(real, [found[real, answer] for answer in _ANSWERS]) for real in _ANSWERS[:-1]]


def _reliability(sets: Mapping[str, Sequence[Case]]) -> Markup:
    series: dict[str, list[tuple[float, float]]] = {"perfect": [(0.4, 0.4), (1.0, 1.0)]}
    for name, cases in sets.items():
        series[name] = [(round(sure, 4), round(right, 4)) for sure, right, _ in bins(cases)]
    return Markup(lines(series, x_title="confidence", y_title="share right", lower=0.4, upper=1.0, left=0.4, right=1.0))


def _recall(classifier: Classifier, sets: Mapping[str, Sequence[Case]]) -> Markup:
    series = {}
    for name, cases in sets.items():
        danger = []
        for row, _ in cases:
            outcome = classifier.read(row.text).evidence.outcome
            danger.append(sum(outcome[one] for one in DANGER))
        curve = recall_at_review(cases, danger)
        step = max(1, len(curve) // 80)
        series[name] = [(round(x, 4), round(y, 4)) for x, y in curve[::step] if x <= 0.4]
    return Markup(
        lines(
            series,
            x_title="share of calls a person looks at",
            y_title="police calls not missed",
            lower=0.9,
            upper=1.0,
            left=0.0,
            right=0.4,
        )
    )
