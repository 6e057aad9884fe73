"""``dispatcher topics``: the topics of topics.yaml on a cluster."""

from io import StringIO
from pathlib import Path

import click
import orjson
import yaml
from rich.table import Table

from dispatcher import settings as settings_module
from dispatcher.broker import provision
from dispatcher.catalog import load_catalog
from dispatcher.catalog.topics import PER_AGENCY, Topic
from dispatcher.cli import options
from dispatcher.client.aliases import call_aliases
from dispatcher.client.asyncapi import document
from dispatcher.client.connection import knock
from dispatcher.domain.errors import NotFound, SettingsError


@click.group()
def topics() -> None:
    """Create, check and describe the topics of topics.yaml."""


@topics.command()
@options.BOOTSTRAP
@options.JSON
def create(bootstrap: str | None, as_json: bool) -> None:
    """Make the topics that are missing. What exists is left as it is; see `check`."""
    settings = settings_module.load(bootstrap=bootstrap)
    wanted = load_catalog(settings.home, policy_dir=settings.policy).all_topics

    async def work() -> list[str]:
        await knock(settings.bootstrap)
        return await provision.create(settings.bootstrap, wanted)

    made = options.run(work())
    if as_json:
        for name in made:
            options.line({"topic": name, "created": True})
        return
    for name in made:
        options.out().print(name)
    options.err().print(f"{len(made)} topics made, {len(wanted) - len(made)} were there", style="dim")


@topics.command()
@options.BOOTSTRAP
@options.JSON
@click.pass_context
def check(context: click.Context, bootstrap: str | None, as_json: bool) -> None:
    """Compare the cluster with topics.yaml and name each difference. Ends with status 1 if there is one."""
    settings = settings_module.load(bootstrap=bootstrap)
    wanted = load_catalog(settings.home, policy_dir=settings.policy).all_topics

    async def work() -> list[provision.Difference]:
        await knock(settings.bootstrap)
        return await provision.compare(settings.bootstrap, wanted)

    found = options.run(work())
    for difference in found:
        if as_json:
            options.line(
                {
                    "topic": difference.topic,
                    "what": difference.what,
                    "wanted": difference.wanted,
                    "found": difference.found,
                }
            )
        else:
            options.out().print(options.plain(str(difference)))
    if not as_json:
        options.err().print(
            f"{len(found)} differences" if found else f"all {len(wanted)} topics are as topics.yaml says", style="dim"
        )
    if found:
        context.exit(1)


@topics.command()
@click.argument("name", required=False)
@options.JSON
def describe(name: str | None, as_json: bool) -> None:
    """Show each topic as a product: what it is for, its key, who writes, reads and owns it. No broker is needed.

    With NAME all that is known of it, with an example; a unit's own topic may be named, e.g. agency.housing.
    """
    settings = settings_module.load()
    known = load_catalog(settings.home, policy_dir=settings.policy)
    if name is None:
        if as_json:
            for topic in known.topics.topics:
                options.line(topic.model_dump(mode="json", exclude_none=True))
        else:
            _overview(known.topics.topics)
        return
    found = known.all_topics.get(name) or next((t for t in known.topics.topics if t.name == name), None)
    if found is None:
        raise NotFound(f"topics.yaml has no topic {name}", hint="See `dispatcher topics describe`")
    facts = found.model_dump(mode="json", exclude_none=True)
    if as_json:
        options.line(facts | ({"name": name, "pattern": found.name} if found.name != name else {}))
    else:
        _page(found, name)


@topics.command()
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write here; .json gives JSON, else YAML."
)
@options.BOOTSTRAP
@options.JSON
def asyncapi(output: Path | None, bootstrap: str | None, as_json: bool) -> None:
    """Print an AsyncAPI 3.0 document of all topics, with JSON Schemas of the messages. No broker is needed."""
    settings = settings_module.load(bootstrap=bootstrap)
    made = document(load_catalog(settings.home, policy_dir=settings.policy), bootstrap=settings.bootstrap)
    if as_json or (output is not None and output.suffix == ".json"):
        text = orjson.dumps(made, option=orjson.OPT_INDENT_2).decode() + "\n"
    else:
        stream = StringIO()
        yaml.dump(made, stream, Dumper=_NoAnchors, allow_unicode=True, sort_keys=False, width=120)
        text = stream.getvalue()
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise SettingsError(
            f"{output} cannot be written: {error.strerror}", hint="Name a file in a folder of yours"
        ) from None
    options.err().print(f"{output}: {len(made['channels'])} channels", style="dim")


class _NoAnchors(yaml.SafeDumper):
    """Writes a value that occurs twice twice: not every reader of AsyncAPI documents follows anchors."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _kept(topic: Topic) -> str:
    if topic.compacted:
        return "compacted"
    return "for ever" if topic.forever else f"{topic.retention_days} days"


def _overview(topics_: tuple[Topic, ...]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("topic", "partitions", "kept", "key", "written by", "read by", "purpose"):
        table.add_column(column, no_wrap=column == "topic")
    for topic in topics_:
        table.add_row(
            options.plain(topic.name),
            str(topic.partitions),
            _kept(topic),
            options.plain(topic.key),
            ", ".join(topic.producers),
            ", ".join(topic.consumers),
            options.plain(topic.purpose),
        )
    options.table(table)


def _page(topic: Topic, name: str) -> None:
    screen = options.out()
    options.pairs(
        screen,
        [
            ("topic", name),
            ("pattern", topic.name if topic.name == PER_AGENCY else ""),
            ("purpose", topic.purpose),
            ("key", topic.key),
            ("messages", ", ".join(topic.schemas)),
            ("written by", ", ".join(topic.producers)),
            ("read by", ", ".join(topic.consumers)),
            ("owner", topic.owner),
            ("partitions", f"{topic.partitions}, {topic.replication} copies"),
            ("kept", _kept(topic)),
            *((f"  {key}", value) for key, value in topic.config(replication=topic.replication).items()),
        ],
    )
    if "call.received.v1" in topic.schemas:
        told = ", ".join(f"{name} = {' '.join(others)}" for name, others in call_aliases().items())
        screen.print(options.plain(f"also accepted: {told}"))
    screen.print("example", style="dim")
    screen.print(options.plain(orjson.dumps(topic.example, option=orjson.OPT_INDENT_2).decode()))
