"""Train the committed model from the corpus: `python -m classifiers.train`."""

import argparse
import sys
from pathlib import Path

import numpy as np

from classifiers.corpus import TRAIN, Row, read_split
from classifiers.features import grams, model_view
from classifiers.gazetteer import locate
from classifiers.model import MODEL_DIR, Head, save_model
from classifiers.normalise import normalise
from classifiers.taxonomy import load_taxonomy


def features_of(text):
    clean = normalise(text).text
    return grams(model_view(clean, locate(clean).areas))


def main() -> int:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    rows = read_split(TRAIN)
    v = TfidfVectorizer(analyzer=features_of, min_df=2, binary=True)
    x = v.fit_transform([r.text for r in rows])
    heads, coefs, ints = [], [], []
    first = 0
    for name, labels in (("category", [r.category for r in rows]), ("urgency", [r.urgency.value for r in rows])):
        m = LogisticRegression(C=20, max_iter=300)
        m.fit(x, labels)
        coefs.append(m.coef_.T); ints.append(m.intercept_)
        heads.append(Head(name, tuple(m.classes_), first, first + len(m.classes_), 1.0)); first += len(m.classes_)
    save_model(MODEL_DIR, names=list(v.get_feature_names_out()), idf=v.idf_, coefficients=np.hstack(coefs), intercept=np.hstack(ints), heads=tuple(heads), meta={"rows": len(rows)})
    return 0

if __name__ == "__main__":
    sys.exit(main())
