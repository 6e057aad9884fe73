"""``dispatcher ledger``: the ledger in SQL, kept up with the topic, made anew, and proved."""

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import click
from pydantic import SecretStr
from rich.text import Text
from sqlalchemy.engine import URL

from dispatcher import settings as settings_module
from dispatcher.cli import long_work, options
from dispatcher.client.reader import Reader
from dispatcher.ledger import digest as digests
from dispatcher.ledger import follow, schema
from dispatcher.ledger.database import shown, url_of
from dispatcher.ledger.projector import Projector
from dispatcher.ledger.store import Place, Store

_URL = click.option(
    "--url",
    metavar="URL",
    help="sqlite:///PATH, postgresql://USER@HOST/DATABASE, or a path (default: DISPATCHER_LEDGER_URL, else ledger.db in the"
    " data folder).",
)
_BATCH = click.option(
    "--batch",
    type=click.IntRange(1, 50_000),
    default=follow.BATCH,
    show_default=True,
    help="Records in a transaction, at the most.",
)
_KINDS = ("folded", "unknown", "odd", "duplicates", "unread")
_MEANINGS = {
    "unknown": "of a type that this version does not know; kept in events, not folded",
    "odd": "with fields that are not those of their type; kept in events, not folded",
    "duplicates": "said again under the same event_id; counted, no more",
    "unread": "no events at all; kept in the table unread",
}


@click.group()
def ledger() -> None:
    """The ledger in SQL: case-events folded into tables, in SQLite or PostgreSQL.

    Rows and offsets change in one transaction, so that a killed process leaves nothing half done. What is sealed on the topic
    stays sealed in the tables.
    """


@ledger.command()
@_URL
@click.option("--once", is_flag=True, help="Stop at the topic's end as it is now.")
@_BATCH
@options.BOOTSTRAP
@options.JSON
def run(url: str | None, once: bool, batch: int, bootstrap: str | None, as_json: bool) -> None:
    """Keep the tables up with the topic: for ever, or with --once up to now.

    \b
      dispatcher ledger run
      dispatcher ledger run --once --url postgresql://audit@127.0.0.1/ledger
    """
    settings, at = _at(url, bootstrap)
    with Store(at) as store:
        options.run(_run(settings.bootstrap, store, once=once, batch=batch, as_json=as_json))


@ledger.command()
@_URL
@_BATCH
@options.BOOTSTRAP
@options.JSON
def rebuild(url: str | None, batch: int, bootstrap: str | None, as_json: bool) -> None:
    """Empty the tables and make them anew from the topic's beginning; prints the digest, and whether it is the noted one.

    Interrupted, it is finished by `dispatcher ledger run`.
    """
    settings, at = _at(url, bootstrap)
    with Store(at) as store:
        noted = store.note(digests.NOTE)
        options.run(_run(settings.bootstrap, store, once=True, batch=batch, as_json=as_json, anew=True))
        _digest(store, noted, as_json=as_json)


@ledger.command()
@_URL
@options.JSON
def digest(url: str | None, as_json: bool) -> None:
    """SHA-256 over all rows: the same for the same topic, whatever the database, the batches and the interruptions.

    It is noted in the table meta, with the number of records that it is of.
    """
    _, at = _at(url, None)
    with Store(at, make=False) as store:
        _digest(store, store.note(digests.NOTE), as_json=as_json)


@ledger.command()
@_URL
@options.BOOTSTRAP
@options.JSON
def status(url: str | None, bootstrap: str | None, as_json: bool) -> None:
    """How far the tables are, how far behind the topic, their version and how many rows they have."""
    settings, at = _at(url, bootstrap)

    async def lag(places: Mapping[int, Place]) -> tuple[int, bool]:
        async with Reader(settings.bootstrap) as reader:
            return await follow.behind(reader, places)

    with Store(at, make=False) as store:
        places = store.places()
        missing, counted = options.run(lag(places), waiting="asking the topic")
        rows = {f"{table.name}": store.count(table) for table in schema.VIEWS}  # plain texts, not SQL names
        found: dict[str, Any] = {
            "url": shown(at),
            "version": store.version(),
            "digest": store.note(digests.NOTE),
            "behind": missing,
            "behind_counted": counted,
            "offsets": {str(partition): place.next for partition, place in sorted(places.items())},
            "records": _total(places),
            "rows": rows,
        }
    if as_json:
        options.line(found)
        return
    options.pairs(
        options.out(),
        [
            ("ledger", f"{found['url']}, version {found['version']}"),
            ("behind", f"{missing:,} records" if counted else f"at most {missing:,} records"),
            (
                "offsets",
                ", ".join(f"{partition}: {offset:,}" for partition, offset in found["offsets"].items()) or "none",
            ),
            ("records", ", ".join(f"{kind} {count:,}" for kind, count in found["records"].items())),
            ("rows", ", ".join(f"{name} {count:,}" for name, count in rows.items())),
            ("digest", found["digest"] or "not reckoned yet"),
        ],
    )


# -- within ----------------------------------------------------------------------------------------------------


def _at(url: str | None, bootstrap: str | None) -> tuple[settings_module.Settings, URL]:
    """The settings, and where the ledger lies."""
    settings = settings_module.load(bootstrap=bootstrap)
    configured = getattr(settings, "ledger_url", None)
    if isinstance(configured, SecretStr):  # it may hold a password
        configured = configured.get_secret_value()
    return settings, url_of(url or configured or str(settings.datadir / "ledger.db"))


async def _run(bootstrap: str, store: Store, *, once: bool, batch: int, as_json: bool, anew: bool = False) -> None:
    async with Reader(bootstrap) as reader:
        if anew:
            await follow.ahead(reader, {})  # before anything is emptied: is there a topic to make it from?
            store.clear()
        projector = Projector(store)
        left = await follow.ahead(reader, projector.places)
        if left.missing:
            said = f"the topic has lost its first {left.missing:,} records: the tables begin after them"
            options.err().print(Text(said, style="yellow"))
        before, began = _total(projector.places), time.monotonic()
        with long_work.bar("offsets", left.offsets) as bar:
            await follow.catch_up(reader, projector, left, batch=batch, told=bar.told)
        _report(before, projector, time.monotonic() - began, as_json=as_json)
        if once:
            return
        screen = options.err()
        with screen.status("up with the topic") if screen.is_terminal else nullcontext():
            await _keep_up(reader, projector, batch=batch, as_json=as_json)


async def _keep_up(reader: Reader, projector: Projector, *, batch: int, as_json: bool) -> None:
    before = _total(projector.places)
    began = time.monotonic()

    def told(_offsets: int) -> None:
        nonlocal before, began
        _report(before, projector, time.monotonic() - began, as_json=as_json)
        before, began = _total(projector.places), time.monotonic()

    await follow.keep_up(reader, projector, batch=batch, told=told)


def _total(places: Mapping[int, Place]) -> dict[str, int]:
    counts: Counter[str] = Counter(dict.fromkeys(_KINDS, 0))
    for place in places.values():
        counts.update({kind: getattr(place, kind) for kind in _KINDS})
    return {kind: counts[kind] for kind in _KINDS}


def _report(before: Mapping[str, int], projector: Projector, seconds: float, *, as_json: bool) -> None:
    now = _total(projector.places)
    new = {kind: now[kind] - before[kind] for kind in _KINDS}
    records = sum(new.values())
    if as_json:
        rate = round(records / seconds, 1) if seconds else None
        options.line({"records": records, **new, "seconds": round(seconds, 3), "per_second": rate})
        return
    options.out().print(f"{records:,} records in {seconds:.1f} s ({records / max(seconds, 1e-9):,.0f}/s)")
    for kind, meaning in _MEANINGS.items():
        if new[kind]:
            options.err().print(Text(f"{new[kind]:,} {kind}: {meaning}", style="yellow"))


def _digest(store: Store, noted: str | None, *, as_json: bool) -> None:
    with long_work.bar("rows", sum(store.count(table) for table in schema.VIEWS)) as bar:
        found, records = digests.digest(store, bar.told)
    now = f"{found} {records}"
    same = None if noted is None or noted.split()[1:] != [str(records)] else noted == now
    store.write_note(digests.NOTE, now)
    if as_json:
        options.line({"digest": found, "records": records, "as_noted": same})
        return
    said = {None: "", True: ", as noted before", False: ", and not as noted before"}[same]
    options.out().print(f"{found} of {records:,} records{said}")
