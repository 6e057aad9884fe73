"""What machine a figure was measured on, and what a process costs."""

import os
import platform
import time
from collections.abc import Iterable

import psutil

from dispatcher import __version__


def machine() -> dict[str, object]:
    """Cores, memory, versions and how busy the machine was with other things."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "dispatcher": __version__,
        "load_before": round(os.getloadavg()[0], 2),
    }


def memory_mb(pid: int) -> float:
    """Resident memory of a process in MB."""
    return round(float(psutil.Process(pid).memory_info().rss) / 1e6, 1)


def cpu_percent(pid: int, seconds: float) -> float:
    """Share of one core that a process took during the next `seconds`."""
    process = psutil.Process(pid)
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return round(100 * (after.user + after.system - before.user - before.system) / seconds, 2)


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time that these processes have taken so far."""
    found = 0.0
    for pid in pids:
        times = psutil.Process(pid).cpu_times()
        found += times.user + times.system
    return found


def quantile(values: list[float], share: float) -> float:
    """The `share`-quantile (nearest rank) of a non-empty list."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
