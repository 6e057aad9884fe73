"""The report of a replay: what it found, and nothing of when, where or by how many processes it was made."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from dispatcher.domain.units import City
from dispatcher.replay import settling
from dispatcher.replay.findings import Finding, added
from dispatcher.replay.outputs import KINDS
from dispatcher.replay.plan import Plan
from dispatcher.replay.setup import Part
from dispatcher.replay.sieve import Sieve
from dispatcher.simulate.charts import by_unit

_PAGES = Environment(
    loader=PackageLoader("dispatcher.replay", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
OUTCOMES = ("police", "joint", "non_police", "invalid", "review")
#: Counts that say that something is not as it was recorded.
DIFFERENCES = (
    "changed decisions",
    "answers that differ",
    "re-made, not recorded",
    "recorded, not re-made",
    "events that differ",
    "events re-made, not recorded",
    "events recorded, not re-made",
    "events that follow a changed decision",
    *(f"{name} {what}" for name in KINDS.values() for what in settling.DIFFERENCES),
)
NOT_COMPARED = (
    "calls whose caller called before the warm-up: not compared",
    "messages to cases opened before the warm-up: not compared",
    "events of cases opened before the warm-up: not compared",
    *(f"{name} {settling.NOT_COMPARED[0]}" for name in KINDS.values()),
)

#: Stages in the order of the report; what they found odd is looked at once more by others.
_COMPARED = ("triage", settling.CASEWORK, settling.OUTPUTS)

#: Why some of what casework writes beside the ledger may be outside of what can be compared.
OUTSIDE = (
    "Of orders, notices, questions and messages those are outside whose cause has the time of a record beside the range, that"
    " another part of the inbox may have sent, or that a unit's own topic no longer keeps."
)

Report = dict[str, Any]


def made(plan: Plan, parts: Iterable[Part], *, model: str | None, policy: str | None, case: str | None) -> Report:
    """All parts as one report. `model`, `policy`: digests of those that a what-if names."""
    parts = list(parts)
    ordered = sorted((p for p in parts if p.stage in _COMPARED), key=lambda p: (_COMPARED.index(p.stage), p.partition))
    beside = settling.settle(plan, parts)
    counts = {name: n for name, n in added((*(p.tally.counts for p in ordered), beside.counts)).items() if n}
    outcomes = added(part.tally.outcomes for part in ordered)
    findings = sorted((*(f for part in ordered for f in part.tally.findings), *beside.findings), key=_order)
    report: Report = {
        "ranges": plan.ranges(),
        "case": case,
        "model": model or "as recorded",
        "policy": policy or "as recorded",
        "counts": counts,
        "outcomes": outcomes,
        "differences": sum(counts.get(name, 0) for name in DIFFERENCES),
        "same": not any(counts.get(name) for name in DIFFERENCES),
        "findings": findings,
    }
    chains = [
        [
            part.stage,
            part.partition,
            part.tally.chain.hex(),
            [[k, Sieve.of(s).digest()] for k, s in part.sieves.items()],
        ]
        for part in ordered
    ]
    report["digest"] = hashlib.sha256(orjson.dumps([chains, report])).hexdigest()
    return report


def _order(finding: Finding) -> tuple[Any, ...]:
    topic, _, place = finding["place"].partition("/")
    partition, _, offset = place.partition("/")
    numbers = [int(n) if n.isdecimal() else -1 for n in (partition, offset)]
    return (finding["stage"] != "triage", topic, *numbers, finding["what"], finding["id"], finding.get("recorded", ""))


def as_json(report: Report) -> str:
    """The report on one line."""
    return orjson.dumps(report).decode()


def confusion(report: Report) -> list[tuple[str, list[int]]]:
    """Rows of old outcomes, a column for each new one; only outcomes that occur."""
    pairs = {tuple(name.split(" > ")): count for name, count in report["outcomes"].items()}
    return [(old, [pairs.get((old, new), 0) for new in columns(report)]) for old in columns(report)]


def columns(report: Report) -> list[str]:
    """The outcomes that occur, old or new."""
    named = {one for name in report["outcomes"] for one in name.split(" > ")}
    return [*(one for one in OUTCOMES if one in named), *sorted(named.difference(OUTCOMES))]


def verdict(report: Report) -> str:
    """The report in one sentence."""
    compared = report["counts"].get("calls", 0), report["counts"].get("messages", 0)
    told = f"{compared[0]:,} calls and {compared[1]:,} messages to cases decided again"
    if report["same"]:
        return f"{told}: the same in every byte" if _as_recorded(report) else f"{told}: no decision changes"
    return f"{told}: {report['differences']:,} differences"


def _as_recorded(report: Report) -> bool:
    return bool(report["model"] == report["policy"] == "as recorded")


def lines(report: Report, city: City) -> list[str]:
    """The report as text."""
    told = [verdict(report), ""]
    told += [f"range    {place}:{span}" for place, span in report["ranges"].items()]
    told += [f"case     {report['case']}"] if report["case"] else []
    told += [f"model    {report['model']}", f"policy   {report['policy']}", f"digest   {report['digest']}", ""]
    told += [f"{count:>11,}  {name}" for name, count in report["counts"].items()]
    if any(report["counts"].get(name) for name in NOT_COMPARED):
        told += [
            "",
            "What was opened or said before the first record that could be read is not compared: see --warm-up.",
        ]
    if _outside(report):
        told += ["", OUTSIDE]
    if report["outcomes"]:
        wide = max(map(len, columns(report)))
        told += ["", "old \\ new".ljust(wide) + "".join(f"{name:>12}" for name in columns(report))]
        told += [old.ljust(wide) + "".join(f"{n:>12,}" for n in row) for old, row in confusion(report)]
    for finding in report["findings"]:
        told += ["", *_told(finding, city)]
    return told


def _outside(report: Report) -> bool:
    return any(report["counts"].get(f"{name} {settling.NOT_COMPARED[1]}") for name in KINDS.values())


def _told(finding: Finding, city: City) -> list[str]:
    where = f"  recorded at {finding['recorded']}" if finding.get("recorded") not in (None, finding["place"]) else ""
    where += f"  not on {finding['missing']}" if finding.get("missing") else ""
    told = [f"{finding['what']}: {finding['type']} {finding['place']}{where}"]
    told.append(f"  case {finding['case']}  id {finding['id']}" + ("  confidential" if finding["hidden"] else ""))
    if "old" in finding:
        told.append(f"  text {finding['text']}")
        told += [f"  {name} {old} -> {new}" for name, old, new in moved(finding, city)]
        told += [f"  why: {reason}" for reason in finding["why"]]
    if finding["what"] != "changed":
        told += [f"  {path}: {old} -> {new}" for path, old, new in finding["fields"]]
    return told


def moved(finding: Finding, city: City) -> list[tuple[str, str, str]]:
    """What of a decision has changed, with names beside the codes."""
    found = []
    for name, old in finding["old"].items():
        new = finding["new"][name]
        if old != new and name not in ("rule", "confidence"):
            found.append((name, _named(name, old, city), _named(name, new, city)))
    return found


def _named(name: str, code: object, city: City) -> str:
    if code is None:
        return "none"
    if name == "lead":
        return f"{city.unit_name(str(code))} ({code})"
    if name == "category" and str(code) in city.matters:
        return f"{city.matters[str(code)].name} ({code})"
    if name == "district":
        return f"{city.districts.get(str(code), code)} ({code})"
    return str(code)


def page(report: Report, city: City) -> str:
    """One HTML page: no script, and no address outside of it."""
    charts = []
    names = columns(report)
    if names:
        pairs = dict(confusion(report))
        series: dict[str, list[float | None]] = {
            "recorded": [sum(pairs[name]) for name in names],
            "now": [sum(row[number] for row in pairs.values()) for number, _ in enumerate(names)],
        }
        charts.append(Markup(by_unit("outcomes", names, series, title="Decisions by outcome")))
    changed = [finding for finding in report["findings"] if finding["what"] == "changed"]
    return _PAGES.get_template("replay.html").render(
        r=report,
        verdict=verdict(report),
        columns=names,
        confusion=confusion(report),
        charts=charts,
        changed=[(finding, moved(finding, city)) for finding in changed],
        others=[finding for finding in report["findings"] if finding["what"] != "changed"],
        differences=DIFFERENCES,
        not_compared=any(report["counts"].get(name) for name in NOT_COMPARED),
        outside=OUTSIDE if _outside(report) else None,
    )


def write(report: Report, city: City, file: Path) -> None:
    """The page into a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(page(report, city).encode())
