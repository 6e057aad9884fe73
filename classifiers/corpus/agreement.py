"""How far two people who know the rules agree: the writers' labels against second, independent ones.

`second_labels.jsonl` holds rows ``{"id", "category", "urgency", "labeller", "also"?}``; the labellers saw the texts of a
sample of the training rows (each category about equally often) and no label. ``also`` is a second category where the
labeller thought that people might differ. Where the two differed, ``was`` keeps the writer's label and ``settled`` says what
the deciding rules made of it: the label that the row has now, or null where the call was left out as a borderline case.
"""

import json
from collections import defaultdict
from typing import Final

from classifiers.corpus.rows import TRAIN, read_split
from classifiers.tables import HERE
from classifiers.taxonomy import load_taxonomy

SECOND: Final = HERE / "corpus" / "second_labels.jsonl"


def agreement() -> tuple[dict[str, float], dict[str, tuple[int, int]]]:
    """Shares of agreement over all rows labelled twice, and (agreed, labelled) per category of the writers' labels."""
    rows = {row.id: (row.category, row.urgency.value) for row in read_split(TRAIN)}
    outcome_of = load_taxonomy().outcome_of
    hits: dict[str, int] = defaultdict(int)
    per_category: dict[str, tuple[int, int]] = {}
    total = 0
    for line in SECOND.read_text("utf-8").splitlines():
        second = json.loads(line)
        was = second.get("was")
        first = (was["category"], was["urgency"]) if was else rows.get(second["id"])
        if first is None:  # taken out of training since, for standing near a test row
            continue
        category, urgency = first
        total += 1
        same = second["category"] == category
        hits["category"] += same
        hits["category or the second choice"] += same or second.get("also") == category
        hits["outcome"] += outcome_of(second["category"]) is outcome_of(category)
        hits["urgency"] += second["urgency"] == urgency
        agreed, labelled = per_category.get(category, (0, 0))
        per_category[category] = (agreed + same, labelled + 1)
    return {"rows": float(total), **{name: found / total for name, found in hits.items()}}, per_category
