"""``python -m dispatcher.supervise.kept PID COMMAND ...``: a command of the program that was made for a terminal, kept by a supervisor.

It ends with the process PID, its starter, however that one died; SIGTERM is its Ctrl-C; and calls go before it.
"""

import os
import signal
import sys

from dispatcher.supervise import parent

#: How much less of a busy processor it gets than a worker.
_NICENESS = 10


def main() -> None:
    """Run the command."""
    starter = int(sys.argv.pop(1))
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    parent.end_with(starter)
    os.nice(_NICENESS)
    try:
        from dispatcher.cli import main as program

        program()
    except KeyboardInterrupt:  # while the command was still being imported
        sys.exit(130)


if __name__ == "__main__":
    main()
