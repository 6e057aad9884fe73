"""The worker's composition root: settings -> catalog, classifier, stages -> one Faust app with two agents.

Run by ``dispatcher worker`` or ``faust -A dispatcher.stream.app worker --without-web``.
"""

import asyncio
import gc
import os
import sys
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import structlog
from aiokafka import TopicPartition
from faust.types import TP

from classifiers import Classifier
from dispatcher import artefacts
from dispatcher import settings as settings_module
from dispatcher.catalog import Catalog, load_catalog
from dispatcher.domain.triage import Classify
from dispatcher.observe import logging
from dispatcher.observe.health import Health
from dispatcher.stream import headers, topics
from dispatcher.stream.agents import CaseworkAgent, TriageAgent
from dispatcher.stream.attempts import InHand
from dispatcher.stream.classify import classify_with
from dispatcher.stream.cluster import Cluster
from dispatcher.stream.fuse import Fuse
from dispatcher.stream.lane import Spec
from dispatcher.stream.models import FromStore, Models
from dispatcher.stream.stage import Stage
from dispatcher.stream.transport import App, NoTables
from dispatcher.stream.valve import Valve
from dispatcher.stream.watchdog import Watchdog

log = structlog.get_logger(__name__)

#: Exit status of a worker that ended itself because it no longer knew what the cluster had taken (EX_SOFTWARE).
EXIT_FATAL = 70

#: How long a stop may take: until the transactions in hand are committed, and from then on.
_CLOSE_SECONDS, _GOODBYE_SECONDS = 8.5, 3.0


def die(reason: str) -> None:
    """End the process at once, saying why. Nothing is lost: what was not committed is read again."""
    log.critical("worker.fatal", reason=reason)
    sys.stderr.flush()
    os._exit(EXIT_FATAL)


def _exit_after(seconds: float, status: int) -> None:
    timer = threading.Timer(seconds, os._exit, (status,))
    timer.daemon = True
    timer.start()


def stage_specs(
    settings: settings_module.Settings, catalog: Catalog, classify: Classify, models: Models | None = None
) -> list[Spec]:
    """The two stages of the service."""
    policy, city = catalog.policy, catalog.city
    agency_topics = tuple(topics.agency(code) for code in city.units)
    common: dict[str, Any] = {
        "group": settings.group,
        "batch": settings.batch,
        "commit_seconds": settings.commit_seconds,
        "fuse": lambda: Fuse(policy.intake),
    }
    aside = (topics.DEAD_LETTERS, topics.INTAKE_CONTROL, topics.CASE_EVENTS)
    return [
        Spec(
            name="triage",
            source=topics.CALLS,
            state_topic=topics.CALLER_STATE,
            outputs=(topics.CASE_INBOX, *aside),
            make_handler=lambda partition_of: TriageAgent(
                partition_of,
                classify=classify,
                city=city,
                policy=policy,
                pseudonym_key=settings.pseudonym_key.get_secret_value(),
                models=models,
            ),
            **common,
        ),
        Spec(
            name="casework",
            source=topics.CASE_INBOX,
            state_topic=topics.CASE_STATE,
            outputs=(
                topics.WORK_ORDERS,
                topics.ORDER_NOTICES,
                topics.LOOKUPS,
                topics.CASE_KEYS,
                *agency_topics,
                *aside,
            ),
            make_handler=lambda partition_of: CaseworkAgent(partition_of, city=city, policy=policy),
            **common,
        ),
    ]


def _keep(settings: settings_module.Settings, catalog: Catalog, classifier: Classifier) -> None:
    """What decides here is kept, so that a replay years later finds it. Where that cannot be, calls are still taken."""
    try:
        artefacts.keep(
            settings.artefacts,
            classifier=classifier,
            catalog=catalog,
            home=settings.home,
            policy_dir=settings.policy,
        )
    except OSError as error:
        log.error("artefacts.not_kept", folder=settings.artefacts.name, reason=str(error.strerror))


def build(
    settings: settings_module.Settings,
    *,
    catalog: Catalog | None = None,
    wrap: Callable[[Classify], Classify] = lambda same: same,
) -> App:
    """The Faust app, with everything wired; nothing connects before the worker starts.

    `wrap` may put something around the classifier.
    """
    headers.tolerate()
    catalog = catalog or load_catalog(settings.home, policy_dir=settings.policy)
    classifier = Classifier.load()
    classify = wrap(classify_with(classifier, catalog.policy.triage))
    models = Models(classify, FromStore(settings.artefacts, catalog.policy.triage, classifier))
    _keep(settings, catalog, classifier)
    classify("预热：楼道灯坏了", None, None)  # dictionaries are loaded at the first call; not while a caller waits
    app = App(
        settings.group,
        broker="kafka://" + ";kafka://".join(settings.bootstrap.split(",")),
        key_serializer="raw",
        value_serializer="raw",
        topic_disable_leader=True,
        topic_allow_declare=False,
        table_standby_replicas=0,
        TableManager=NoTables,
        web_enabled=False,
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.session_seconds / 4,
        broker_rebalance_timeout=15.0,
        broker_request_timeout=30.0,
        broker_commit_interval=1.0,
        consumer_group_instance_id=settings.slot,
        consumer_max_fetch_size=256 << 10,  # per partition; a single larger record still comes (KIP-74)
        # Small helpings: a backlog of calls must not keep the inbox from being read.
        broker_max_poll_records=500,
        stream_buffer_maxsize=4096,
        stream_wait_empty=False,
        producer_request_timeout=30.0,
        producer_linger=0.0,
        worker_redirect_stdouts=False,
        datadir=settings.datadir,
    )
    cluster = Cluster(settings.bootstrap)
    valve = Valve(settings.bootstrap)
    in_hand = InHand(settings.datadir / f"in-hand-{quote(settings.slot, safe='')}")

    def pause(place: TopicPartition, paused: bool) -> None:
        target = {TP(place.topic, place.partition)}
        (app.consumer.pause_partitions if paused else app.consumer.resume_partitions)(target)

    stages = [
        Stage(spec, cluster=cluster, valve=valve, in_hand=in_hand, pause=pause, die=die)
        for spec in stage_specs(settings, catalog, classify, models)
    ]
    health = Health(stages)
    # What is loaded by now stays: the collector need not walk it again and again. Batches make many short-lived objects
    # without cycles, so it may come seldom (measured: about a sixth of the time of a call).
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    watchdog = Watchdog(stages, health=health, seconds=settings.watchdog_seconds, die=die)
    for stage in stages:
        source = app.topic(
            stage.spec.source, key_type=bytes, value_type=bytes, value_serializer="raw", key_serializer="raw"
        )
        app.agent(source, name=stage.spec.name)(stage.consume)
    followers: list[asyncio.Task[None]] = []

    @app.on_before_configured.connect  # type: ignore[untyped-decorator]
    def _quiet(_app: App, **_: Any) -> None:
        logging.configure(level=settings.log_level)

    async def _open(assigned: set[TP], generation: int) -> None:
        try:
            if not followers:
                await cluster.start()
                followers.append(asyncio.create_task(_follow(valve)))
                watchdog.start(settings.metrics_port)
            for stage in stages:
                stage.open({tp.partition for tp in assigned if tp.topic == stage.spec.source}, generation=generation)
        except Exception as error:  # aiokafka would log it and go on without lanes
            die(f"partitions cannot be opened: {type(error).__name__}: {error}")

    app.opening = _open

    @app.on_partitions_revoked.connect  # type: ignore[untyped-decorator]
    async def _revoked(_app: App, revoked: set[TP], **_: Any) -> None:  # noqa: ARG001
        await asyncio.gather(*(stage.close() for stage in stages))

    @app.on_before_shutdown.connect  # type: ignore[untyped-decorator]
    async def _shutdown(_app: App, **_: Any) -> None:
        watchdog.stop()
        _exit_after(_CLOSE_SECONDS, EXIT_FATAL)
        await asyncio.gather(*(stage.close() for stage in stages))
        # All that matters is committed. A client that hangs while it says goodbye must not hold up a restart.
        _exit_after(_GOODBYE_SECONDS, 0)
        for task in followers:
            task.cancel()
        await cluster.stop()

    return app


async def _follow(valve: Valve) -> None:
    try:
        await valve.follow()
    except Exception as error:
        die(f"intake-control cannot be read: {type(error).__name__}: {error}")


def __getattr__(name: str) -> Any:
    """``app`` is built when Faust asks for it, so that importing this module stays free of effects."""
    if name == "app":
        globals()["app"] = build(settings_module.load())
        return globals()["app"]
    raise AttributeError(name)
