"""Why, in Chinese: the words of the call that spoke for the answer, and one sentence for caller, agency and auditor."""

from collections.abc import Sequence

from classifiers.decide import Decision, Evidence
from classifiers.features import CONCEPT, DENIED, EDGE, View
from classifiers.taxonomy import Outcome, load_taxonomy

MAX_CUES = 5
_LONGEST = 6
"""A joined span is not made longer than this."""

_WHY = {
    "empty": "没有可判断的文字",
    "not_understood": "内容难以辨认",
    "possible_danger": "不能排除危险",
    "maybe_real": "不能确定是无效来电",
    "low_confidence": "类别把握不足",
}


def cues(text: str, view: View, gains: Sequence[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Readable cues from the model's strongest features of a normalised text: short phrases of it.

    `gains` are (feature, weight), strongest first; the result is at most `MAX_CUES` (phrase, weight), strongest first.
    """
    spans: list[tuple[int, int, float]] = []
    words: dict[str, float] = {}
    for gram, weight in gains:
        if gram[0] in (CONCEPT, DENIED) and len(gram) > 1:
            denied = gram[0] == DENIED
            word = next((hit.word for hit in view.hits if hit.denied is denied and gram[1:] in hit.concepts), None)
            if word is not None:
                phrase = f"否认“{word}”" if denied else word
                words[phrase] = words.get(phrase, 0.0) + weight
            continue
        # A pair over a comma, a place or a number is not found again: it is no word either.
        letters = gram.strip(EDGE)
        start = text.find(letters)
        if letters and start >= 0:
            spans.append((start, start + len(letters), weight))
    for start, end, weight in _merged(spans):
        phrase = text[start:end]
        holder = next((word for word in words if phrase in word or word in phrase), None)
        if holder is not None:
            # The longer of the two stays: 楼上漏水 says more than 漏水.
            words[max(holder, phrase, key=len)] = words.pop(holder) + weight
        elif len(phrase) > 1:
            words[phrase] = words.get(phrase, 0.0) + weight
    chosen: list[tuple[str, float]] = []
    for phrase, weight in sorted(words.items(), key=lambda item: (-item[1], item[0])):
        if len(chosen) < MAX_CUES and not any(phrase in other or other in phrase for other, _ in chosen):
            chosen.append((phrase, round(weight, 3)))
    return tuple(chosen)


def _merged(spans: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Spans that overlap as one, while it stays short, with the sum of their weights."""
    merged: list[tuple[int, int, float]] = []
    for start, end, weight in sorted(spans):
        if merged and start < merged[-1][1] and end - merged[-1][0] <= _LONGEST:
            first, last, sum_so_far = merged[-1]
            merged[-1] = (first, max(last, end), sum_so_far + weight)
        else:
            merged.append((start, end, weight))
    return merged


def sentence(decision: Decision, evidence: Evidence, found: Sequence[tuple[str, float]]) -> str:
    """One Chinese sentence that says what was decided and by what."""
    taxonomy = load_taxonomy()
    name = taxonomy.categories[decision.category].name
    if decision.outcome is Outcome.REVIEW:
        if evidence.empty:
            return "没有可判断的文字，转人工研判。"
        guesses = "、".join(taxonomy.categories[code].name for code in evidence.ranking[:3])
        why = _WHY.get(decision.rule.removeprefix("review."))
        if decision.fired is not None:
            why = f"提到“{decision.fired.cue}”，{decision.fired.rule.reason}"
        return f"{why}，转人工研判；最像的是{guesses}。"
    outcome = taxonomy.outcomes[decision.outcome].name
    if decision.fired is not None:
        return f"提到“{decision.fired.cue}”，{decision.fired.rule.reason}，按{name}处置（{outcome}）。"
    words = "".join(f"“{phrase}”" for phrase, _ in found[:3])
    basis = f"依据{words}" if words else "依据整体用语"
    return f"{basis}，判为{name}（{outcome}），把握{decision.confidence:.0%}。"
