"""Lines of a file or of standard input, without holding up the event loop while a pipe is silent."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from typing import BinaryIO

#: No line of a sensible file is longer; a file without line ends must not fill the memory.
_LONGEST = 64 << 20


async def lines(source: BinaryIO) -> AsyncIterator[bytes]:
    """The lines of `source` as they come, line ends included. Raises ValueError for a line of more than 64 MiB."""
    if not _may_wait(source):
        for line in source:
            yield line
        return
    reader = asyncio.StreamReader(limit=_LONGEST)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), source
    )
    try:
        while line := await reader.readline():
            yield line
    finally:
        transport.close()


def _may_wait(source: BinaryIO) -> bool:
    """Whether reading can block: a pipe, a terminal, a socket; not a file on a disk, nor bytes in memory."""
    try:
        mode = os.fstat(source.fileno()).st_mode
    except (OSError, AttributeError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(source.fileno())
