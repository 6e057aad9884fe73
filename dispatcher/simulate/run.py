"""The districts of a city, played one after another or several at a time, and their tallies added up.

A district is a world of its own: no case or caller of one is of another, and its randomness is drawn from its own seed. So
the number of processes changes nothing but the time that it takes.
"""

import gc
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from ctypes import c_int64
from dataclasses import dataclass
from typing import Any, Final

from dispatcher.domain.policy import Policy
from dispatcher.domain.units import City
from dispatcher.simulate.city import Plan
from dispatcher.simulate.district import District
from dispatcher.simulate.tally import Tally

#: Seconds between two looks at how far the processes have come.
_LOOK: Final = 0.25


@dataclass(frozen=True, slots=True)
class Run:
    """The city's numbers; `complete`: whether every district was played to its end."""

    plan: Plan
    tally: Tally
    complete: bool


def run(
    plan: Plan,
    city: City,
    policy: Policy,
    *,
    processes: int = 1,
    stop: Callable[[], bool] = lambda: False,
    told: Callable[[int], None] = lambda _: None,
) -> Run:
    """Play the plan. `stop` is asked all the time and ends it with what there is; `told` hears of calls as they are made."""
    found = (
        _here(plan, city, policy, stop, told) if processes == 1 else _several(plan, city, policy, processes, stop, told)
    )
    whole = Tally(plan.setting.days, plan.setting.begins)
    for number in sorted(found):
        whole.add(found[number])
    return Run(plan, whole, complete=not stop())


def _largest_first(plan: Plan) -> list[int]:
    return sorted(range(len(plan.shares)), key=lambda number: (-sum(plan.shares[number].calls), number))


def _here(
    plan: Plan, city: City, policy: Policy, stop: Callable[[], bool], told: Callable[[int], None]
) -> dict[int, Tally]:
    found = {}
    for number in range(len(plan.shares)):
        if stop():
            break
        found[number] = District(plan, number, city, policy).run(stop, told)
    return found


# -- several processes ---------------------------------------------------------------------------------------

_shared: dict[str, Any] = {}


def _begin(plan: Plan, city: City, policy: Policy, made: Any, ended: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it and tells
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)  # a city makes few cycles and many objects that live for days
    _shared.update(plan=plan, city=city, policy=policy, made=made, ended=ended)


def _play(number: int) -> Tally:
    made, ended = _shared["made"], _shared["ended"]

    def told(calls: int) -> None:
        with made.get_lock():
            made.value += calls

    district = District(_shared["plan"], number, _shared["city"], _shared["policy"])
    return district.run(lambda: bool(ended.value), told)


def _several(
    plan: Plan, city: City, policy: Policy, processes: int, stop: Callable[[], bool], told: Callable[[int], None]
) -> dict[int, Tally]:
    context = multiprocessing.get_context("spawn")
    made, ended = context.Value(c_int64, 0), context.RawValue(c_int64, 0)
    seen = 0
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=_begin, initargs=(plan, city, policy, made, ended)
    ) as pool:
        running: dict[Future[Tally], int] = {pool.submit(_play, n): n for n in _largest_first(plan)}
        waiting = set(running)
        while waiting:
            waiting = wait(waiting, timeout=_LOOK, return_when=FIRST_COMPLETED).not_done
            if stop():
                ended.value = 1
            now = made.value
            told(now - seen)
            seen = now
    return {number: future.result() for future, number in running.items()}
