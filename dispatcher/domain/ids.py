"""Deterministic identifiers.

Every id is a function of what came in, so that a record handled twice (after a crash, or in an audit replay)
gives the same ids and every consumer outside Kafka can drop the second copy by ``UNIQUE(id)``.
"""

import hashlib
import hmac
from uuid import UUID, uuid5

_NAMESPACE = UUID("6f1f0b52-35d1-5b0c-9f0e-110110110110")


def _derive(kind: str, *parts: object) -> str:
    # The unit separator cannot occur in a valid id, so ("a", "b:c") and ("a:b", "c") stay apart.
    return str(uuid5(_NAMESPACE, "\x1f".join((kind, *map(str, parts)))))


def case_id(call_id: str) -> str:
    """The case that a call opens. Also the key under which every record of that call first meets its twins."""
    return _derive("case", call_id)


def salvage_case_id(topic: str, partition: int, offset: int) -> str:
    """The case for a record that could not be read as a call: named by where it lies, the only sure thing about it."""
    return _derive("salvage", topic, partition, offset)


def salvage_call_id(topic: str, partition: int, offset: int) -> str:
    """A stand-in call id for such a record; the id it claims (if any) may belong to another call."""
    return f"unread-{topic}-{partition}-{offset}"


def event_id(case: str, topic: str, partition: int, offset: int, index: int) -> str:
    """The ``index``-th ledger event of ``case`` caused by one input record."""
    return _derive("event", case, topic, partition, offset, index)


def order_id(case: str, agency: str, round_: int) -> str:
    """A work order: one per case, unit and round of dispatch (a case that is raised starts a new round)."""
    return _derive("order", case, agency, round_)


def pseudonym(caller: str, key: str) -> str:
    """A caller's stable stand-in: HMAC-SHA256 of the digits under the city's key, 32 hexadecimal characters.

    Used as the Kafka key of ``calls``, so that one caller's calls stay in order without the number in a key.
    """
    digits = "".join(c for c in caller if c.isdigit() or c == "+") or caller
    # 0086/+86/86 prefixes name the same telephone
    for prefix in ("+86", "0086"):
        digits = digits.removeprefix(prefix)
    return hmac.new(key.encode(), digits.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def fingerprint(*parts: object) -> str:
    """A short digest of a call's content: tells a repeated delivery from another call under the same id."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode("utf-8", "replace"), digest_size=8).hexdigest()
