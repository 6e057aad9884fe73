"""Line after line to standard output: words for a person, or JSON for a program."""

from collections.abc import Callable

import orjson


class Lines:
    """Writes what happens as it happens; a reader that went away is reported by `gone`, once."""

    def __init__(self, write: Callable[[str], None], *, as_json: bool, gone: Callable[[], None]) -> None:
        self._write = write
        self._json = as_json
        self._gone = gone
        self._open = True

    def put(self, text: str, /, *, kind: str, **facts: object) -> None:
        """One thing that happened. JSON has `kind` as ``event``, then `text` and `facts`."""
        if not self._open:
            return
        line = orjson.dumps({"event": kind, "message": text, **facts}, default=str).decode() if self._json else text
        try:
            self._write(line)
        except BrokenPipeError:
            self._open = False
            self._gone()
