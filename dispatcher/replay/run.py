"""The partitions of a replay, several at a time, each in a process of its own turn; their results put together.

Casework is fed with the recorded inbox, so no partition waits for another; only a what-if lets triage go first, because
its other decisions flow on into the openings of their cases. The number of processes changes nothing but the time.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from ctypes import c_int64
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dispatcher.client.connection import quiet
from dispatcher.domain.errors import DispatcherError, NoAnswer
from dispatcher.observe import logging
from dispatcher.replay.casework_stage import CaseworkReplay, Overrides
from dispatcher.replay.deciders import Deciders
from dispatcher.replay.recorded_stage import ORDER, RecordedOutputs
from dispatcher.replay.settling import CASEWORK, ODD_MADE, ODD_RECORDED, OUTPUTS, left_out, odd
from dispatcher.replay.setup import Part, Setup
from dispatcher.replay.triage_stage import TriageReplay
from dispatcher.supervise import parent

TRIAGE: Final = "triage"
#: Seconds between two looks at how far the processes have come.
_LOOK: Final = 0.25
_shared: dict[str, Any] = {}

Failure = tuple[str, str, str]


def fresh(setup: Setup) -> list[Part]:
    """A part for each partition that has something to compare."""
    parts = [Part(TRIAGE, p) for p, span in sorted(setup.plan.calls.items()) if len(span)]
    casework = [p for p, span in sorted(setup.plan.inbox.items()) if len(span)]
    parts += [Part(CASEWORK, p) for p in casework]
    if casework and setup.plan.outputs:
        parts += [Part(stage, n) for stage in (OUTPUTS, ODD_RECORDED) for n in range(len(ORDER))]
        parts += [Part(ODD_MADE, p) for p in casework]
    return parts


def run(
    setup: Setup,
    parts: list[Part],
    *,
    workers: int,
    stop: Callable[[], bool] = lambda: False,
    told: Callable[[int], None] = lambda _: None,
) -> list[Part]:
    """Go on with `parts` until all are done or `stop` says so. `told` hears how many records were decided since.

    `workers`: processes; 0 does it in this one.

    Raises what a process raised: `MissingArtefact`, `ClusterUnreachable` and the like.
    """
    found = {(part.stage, part.partition): part for part in parts}
    what_if = setup.artefacts.model is not None or setup.artefacts.policy is not None
    groups: tuple[tuple[str, ...], ...] = ((TRIAGE,), (CASEWORK,)) if what_if else ((TRIAGE, CASEWORK),)
    groups = (*groups, (OUTPUTS,), (ODD_RECORDED, ODD_MADE))
    rounds = (list(_tasks(stages, found, max(1, workers))) for stages in groups)
    doing = _several(setup, rounds, workers, stop, told) if workers else _here(setup, rounds, stop, told)
    for done in doing:
        found[done.stage, done.partition] = done
    return [found[part.stage, part.partition] for part in parts]


@dataclass(frozen=True, slots=True)
class Given:
    """What a part must know of those before it; see the stages."""

    overrides: Overrides = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    outside: frozenset[str] = frozenset()
    wanted: frozenset[bytes] | None = None


Task = tuple[list[Part], Given]


def _here(
    setup: Setup, rounds: Iterable[list[Task]], stop: Callable[[], bool], told: Callable[[int], None]
) -> Iterable[Part]:
    deciders = Deciders(setup.artefacts, setup.plan.partitions)
    for tasks in rounds:
        for parts, given in tasks:
            if not stop():
                yield from asyncio.run(_stage(setup, deciders, parts, given).run(stop, told))


def _several(
    setup: Setup,
    rounds: Iterable[list[Task]],
    workers: int,
    stop: Callable[[], bool],
    told: Callable[[int], None],
) -> Iterable[Part]:
    context = multiprocessing.get_context("spawn")
    made, ended = context.Value(c_int64, 0), context.RawValue(c_int64, 0)
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin, initargs=(setup, os.getpid(), made, ended)
    )
    try:
        for tasks in rounds:
            yield from _all(pool, tasks, made, ended, stop, told)
            if stop():
                break
    except BrokenProcessPool:
        raise NoAnswer(
            "a process of the replay was ended from outside", hint="Give it more memory, or one worker"
        ) from None
    finally:
        ended.value = 1
        pool.shutdown(cancel_futures=True)


def _tasks(stages: Iterable[str], found: dict[tuple[str, int], Part], workers: int) -> Iterable[Task]:
    """Triage in as many groups as there are processes, for each group reads the whole inbox; casework by partition."""
    parts = list(found.values())
    triage = [part for part in parts if part.stage == TRIAGE]
    if TRIAGE in stages:
        left = [part for part in triage if not part.done]
        for number in range(min(workers, len(left))):
            yield left[number::workers], Given()
    changed = sorted({case for part in triage for case in part.changed})
    overrides = {place: value for part in triage for place, value in part.overrides.items()}
    if CASEWORK in stages:
        for part in parts:
            if part.stage == CASEWORK and not part.done:
                yield [part], Given(overrides, changed)
    if OUTPUTS in stages or ODD_MADE in stages:
        yield from _of_outputs(stages, parts, Given(overrides, changed))


def _of_outputs(stages: Iterable[str], parts: list[Part], given: Given) -> Iterable[Task]:
    """Nothing of it begins before all that it rests on is done; the second look only for what the first found odd."""
    before = (TRIAGE, CASEWORK) if OUTPUTS in stages else (TRIAGE, CASEWORK, OUTPUTS)
    if not all(part.done for part in parts if part.stage in before):
        return
    out, outside = left_out(part for part in parts if part.stage in (TRIAGE, CASEWORK))
    given = replace(given, left_out=out, outside=outside)
    odd_ones = odd(parts) if OUTPUTS not in stages else None
    for part in parts:
        if part.stage not in stages or part.done:
            continue
        if odd_ones is not None:
            wanted = odd_ones.wanted(None if part.stage == ODD_MADE else ORDER[part.partition])
            if not wanted or (part.stage == ODD_MADE and not odd_ones.is_made):
                part.done = True
                continue
            given = replace(given, wanted=wanted)
        yield [part], given


def _all(
    pool: ProcessPoolExecutor,
    tasks: list[Task],
    made: Any,
    ended: Any,
    stop: Callable[[], bool],
    told: Callable[[int], None],
) -> Iterable[Part]:
    with _deaf():
        running: list[Future[tuple[list[Part], Failure | None]]] = [pool.submit(_do, *task) for task in tasks]
    waiting = set(running)
    seen = made.value
    while waiting:
        waiting = wait(waiting, timeout=_LOOK, return_when=FIRST_COMPLETED).not_done
        if stop() or any(f.done() and f.exception() is None and f.result()[1] for f in running):
            ended.value = 1
        now = made.value
        told(now - seen)
        seen = now
    for future in running:
        parts, failure = future.result()
        if failure is not None:
            raise _Told(*failure)
        yield from parts


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started meanwhile never hear a Ctrl-C, not even before they could say that they do not care."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Told(DispatcherError):
    """What another process raised: an error does not travel with its code and hint by itself."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.code = code


def _begin(setup: Setup, starter: int, made: Any, ended: Any) -> None:
    parent.end_with(starter)
    quiet()
    logging.configure(level="CRITICAL")
    _shared.update(setup=setup, deciders=Deciders(setup.artefacts, setup.plan.partitions), made=made, ended=ended)


def _do(parts: list[Part], given: Given) -> tuple[list[Part], Failure | None]:
    setup, deciders, made, ended = (_shared[name] for name in ("setup", "deciders", "made", "ended"))

    def told(records: int) -> None:
        with made.get_lock():
            made.value += records

    if ended.value:
        return parts, None
    try:
        stage = _stage(setup, deciders, parts, given)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        return asyncio.run(stage.run(lambda: bool(ended.value), told)), None
    except DispatcherError as error:
        return parts, (error.code, error.message, error.hint)


def _stage(
    setup: Setup, deciders: Deciders, parts: list[Part], given: Given
) -> TriageReplay | CaseworkReplay | RecordedOutputs:
    if parts[0].stage == TRIAGE:
        return TriageReplay(setup, deciders, parts)
    if parts[0].stage in (OUTPUTS, ODD_RECORDED):
        return RecordedOutputs(setup, parts[0], left_out=given.left_out, outside=given.outside, wanted=given.wanted)
    return CaseworkReplay(
        setup, deciders, parts[0], overrides=given.overrides, changed=given.changed, wanted=given.wanted
    )
