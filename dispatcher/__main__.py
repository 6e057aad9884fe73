"""``python -m dispatcher`` is the same program as ``dispatcher``."""

from dispatcher.cli import main

main()
