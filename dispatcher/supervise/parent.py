"""The worker's side of supervision: a process that ends when the one that started it is gone, however that one died."""

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 1.0


def end_with(parent: int) -> None:
    """End this process by SIGKILL as soon as the process `parent`, its starter, is gone.

    SIGKILL because a worker may be stuck in anything, and because it loses nothing: what was not committed is read
    again. Linux does it by itself (prctl); elsewhere a thread looks once a second.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _end_if_orphan(parent)  # it may have died before the call above
    else:
        threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while True:
        _end_if_orphan(parent)
        time.sleep(_POLL_SECONDS)


def _end_if_orphan(parent: int) -> None:
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
