"""Workers that outlived the `dispatcher up` that started them: found by a note in the data folder, and ended.

A worker ends with its starter (see `parent`); this is for systems where that takes a moment, and for a note of what ran.
A second worker under the same slot would fence the first one, so nothing would be doubled; but the two would push each
other out of the group for as long as both live.
"""

import contextlib
import json
from pathlib import Path

import psutil

_KILL_SECONDS = 5.0


def note(folder: Path, slot: str, pid: int) -> None:
    """Write down that `pid` is the worker `slot`."""
    with contextlib.suppress(psutil.NoSuchProcess):  # gone already: nothing to find later
        text = json.dumps({"pid": pid, "created": psutil.Process(pid).create_time()})
        (folder / f"{slot}.pid").write_text(text, "ascii")


def forget(folder: Path, slot: str) -> None:
    """The worker `slot` has ended."""
    (folder / f"{slot}.pid").unlink(missing_ok=True)


def end_all(folder: Path) -> list[str]:
    """End every worker that is written down in `folder` and still lives; returns their slots."""
    ended = []
    for path in sorted(folder.glob("*.pid")):
        try:
            told = json.loads(path.read_text("ascii"))
            process = psutil.Process(int(told["pid"]))
            # The number alone may have gone to somebody else.
            if abs(process.create_time() - float(told["created"])) < 0.01:
                process.kill()
                process.wait(_KILL_SECONDS)
                ended.append(path.stem)
        except (OSError, ValueError, LookupError, TypeError, psutil.NoSuchProcess):
            pass  # a torn note, or it is gone
        path.unlink(missing_ok=True)
    return ended
