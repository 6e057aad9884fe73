"""What can be wrong with the ledger's database."""

from dispatcher.domain.errors import DispatcherError


class LedgerError(DispatcherError):
    """The ledger's database cannot be used as it is."""

    code = "D505"


class LedgerMissing(LedgerError):
    """There are no tables at the URL."""

    code = "D510"


class LedgerUnreachable(LedgerError):
    """No database answers at the URL, or it refuses."""

    code = "D506"


class LedgerNewer(LedgerError):
    """The tables were made by a newer version of the program."""

    code = "D507"


class LedgerElsewhere(LedgerError):
    """The tables were made from another topic than the one at hand, or the topic has lost records that they lack."""

    code = "D508"


class LedgerBusy(LedgerError):
    """Another process writes to the same tables."""

    code = "D509"
