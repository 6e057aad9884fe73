"""How far the story has been told on a cluster, in a small file that survives anything.

The file is written before the first call and after each acknowledgement. It always holds what makes the next call's id
and bytes, so that a call whose acknowledgement was lost with the process is published again as the very same call, and
the service knows it for the same.
"""

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

FILE = "demo.json"


class Progress(BaseModel):
    """`run` is in every call_id; `base` is the moment of the story's second 0 for call number `told` (from 0)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cluster: str
    story: str
    run: str
    base: datetime
    told: int

    @classmethod
    def begin(cls, *, cluster: str, story: str, base: datetime) -> Self:
        """A story that has not begun."""
        return cls(cluster=cluster, story=story, run=secrets.token_hex(4), base=base, told=0)


def read(folder: Path, *, cluster: str, story: str) -> Progress | None:
    """The progress of this story on this cluster; None if it never began, or the file belongs to another one."""
    try:
        found = Progress.model_validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return None
    return found if (found.cluster, found.story) == (cluster, story) else None


def write(folder: Path, progress: Progress) -> None:
    """Replace the file in one step."""
    fresh = folder / f"{FILE}.new"
    with fresh.open("wb") as handle:
        handle.write(progress.model_dump_json().encode())
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(folder / FILE)
