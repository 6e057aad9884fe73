"""A signed checkpoint of the ledger: where every chain stood at a moment, said by a key that does not lie with the ledger."""

from datetime import datetime

from dispatcher.domain.messages import Message

#: ``before`` of the first checkpoint.
NO_CHECKPOINT = "0" * 64


class ChainHead(Message):
    """Where one chain stands: the place of its next record, and the hash of its last (64 hexadecimal digits)."""

    ce_type = "chain.head.v1"

    chain: str
    sequence: int
    hash: str


class ReadUpTo(Message):
    """Every record of a partition below this offset has been verified; what comes behind a head lies at it or above."""

    ce_type = "read.up.to.v1"

    partition: int
    offset: int


class LedgerCheckpoint(Message):
    """On ``ledger-checkpoints``. `before` is the SHA-256 of the checkpoint before; `signature` is Ed25519, hexadecimal,
    over the canonical bytes of all the rest."""

    ce_type = "ledger.checkpoint.v1"

    number: int
    ledger: str
    at: datetime
    heads: tuple[ChainHead, ...]
    read: tuple[ReadUpTo, ...]
    before: str
    key_id: str
    signature: str = ""

    def unsigned(self) -> bytes:
        """The canonical bytes that are signed: the message with an empty signature."""
        return self.model_copy(update={"signature": ""}).encode()
