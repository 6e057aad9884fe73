"""``dispatcher ledger`` as a process that may be killed."""

import sys

from dispatcher.cli.ledger import ledger

if __name__ == "__main__":
    ledger(sys.argv[1:])
