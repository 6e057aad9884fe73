"""``dispatcher triage``: decide calls without Kafka."""

import sys
from datetime import UTC, datetime

import click
import orjson
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.jsonl import claimed_id


@click.command()
@click.argument("text", required=False)
@click.option("--address", metavar="PLACE", help="With TEXT: where the line or the console says that the caller is.")
@click.option("--explain", is_flag=True, help="Also show cues and their weights, what was extracted, and the routing.")
@click.option("--jsonl", is_flag=True, help="Read JSONL on standard input although it is a terminal.")
@options.JSON
@click.pass_context
def triage(
    context: click.Context, text: str | None, address: str | None, explain: bool, jsonl: bool, as_json: bool
) -> None:
    """Decide one TEXT, or every line of JSONL on standard input. Nothing is published and no broker is needed.

    In:  {"id", "text", "address"?, "received_at"?}
    Out: one line for each line, in the same order, with outcome, category, lead, assist, district, urgency, confidence,
    suggestions, rule, reason, cues, extracted, model, policy. A bad line gives {"id", "error"}, and the status is 1 in the
    end. `lead` is the unit that owns the matter, whatever the hour; `district` where no place is known.

    \b
      dispatcher triage "楼道灯坏半个月没人换" --explain
      dispatcher triage < in.jsonl > out.jsonl
    """
    if text is None and not jsonl and sys.stdin.isatty():
        raise click.UsageError("Give a TEXT, or JSONL on standard input.", context)
    from dispatcher.catalog import load_catalog  # loads the classifier's tables
    from dispatcher.client.decide import Decider

    settings = settings_module.load()
    decider = Decider(load_catalog(settings.home, policy_dir=settings.policy))
    if text is None:
        if not _lines(decider, explain=explain):
            context.exit(1)
        return
    now = datetime.now(UTC)
    found = decider.decide(text, address=address, at=now, received_at=now)
    facts = decider.facts(found, explain=explain)
    if as_json or jsonl:
        options.line(facts)
        return
    screen = options.out()
    city = decider.city

    def named(category: str) -> str:
        return f"{city.matters[category].name} ({category})"

    def unit(code: str | None) -> str:
        return "nobody yet" if code is None else code if code not in city.units else f"{city.unit_name(code)} ({code})"

    outcome, urgency = facts["outcome"], facts["urgency"]
    answer = found.answer
    place = (
        *(city.districts.get(d, d) for d in answer.place.districts),
        answer.place.street,
        answer.place.landmark,
        answer.place.outside_city,
    )
    rows: list[tuple[str, str | Text]] = [
        (
            "decision",
            Text.assemble(
                (outcome, options.OUTCOME_STYLE[outcome]),
                f"  {named(answer.category)}  ",
                (urgency, options.URGENCY_STYLE[urgency]),
                f"  confidence {answer.confidence:.2f}",
            ),
        ),
        ("lead", unit(found.lead)),
        ("assist", ", ".join(unit(code) for code in found.assist)),
        ("place", " ".join(dict.fromkeys(part for part in place if part)) or "not named"),
        ("why", answer.reason),
        ("rule", answer.rule),
        ("top three", "  ".join(f"{named(s['category'])} {s['probability']:.0%}" for s in facts["suggestions"])),
    ]
    if explain:
        rows += [
            ("routing", found.routing),
            ("cues", "  ".join(f"{cue['text']} {cue['weight']:+.2f}" for cue in facts["cues"]) or "none"),
            ("extracted", orjson.dumps(answer.extracted).decode() if answer.extracted else "nothing"),
            ("model", answer.model),
            ("policy", facts["policy"]),
        ]
    options.pairs(screen, rows)


def _lines(decider: object, *, explain: bool) -> bool:
    """Answer standard input line by line; whether every line was good."""
    from dispatcher.client.decide import Decider

    assert isinstance(decider, Decider)
    good = True
    source, target = click.get_binary_stream("stdin"), click.get_binary_stream("stdout")
    for raw in source:
        try:
            answer = decider.line(raw, now=datetime.now(UTC), explain=explain)
        except BadRecord as error:
            good = False
            answer = {"id": claimed_id(raw), "error": str(error)}
        target.write(orjson.dumps(answer) + b"\n")
        target.flush()  # a program may wait for this answer before it asks on
    return good
