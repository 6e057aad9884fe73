"""Deterministic identifiers.

Every id is a function of what came in, so that a record handled twice (after a crash, or in an audit replay)
gives the same ids and every consumer outside Kafka can drop the second copy by ``UNIQUE(id)``.
"""

import hashlib
import hmac
import re
import unicodedata
from uuid import UUID

_NAMESPACE = UUID("6f1f0b52-35d1-5b0c-9f0e-110110110110")
_NAMESPACE_BYTES = _NAMESPACE.bytes

#: A number as a console may write it, its punctuation removed: +86, 0086 or 86 before it, the trunk 0 before a mobile's.
_COUNTRY = re.compile(r"(?:\+|00)86(?=\d{5})|86(?=1[3-9]\d{9}$)")
_MOBILE_TRUNK = re.compile(r"0(?=1[3-9]\d{9}$)")
_NUMBER = re.compile(r"\+?[0-9]+")
#: A number in the one spelling that all the others come to.
_PLAIN = re.compile(r"1[3-9][0-9]{9}")


#: The RFC 4122 variant in the seventeenth digit.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def _derive(kind: str, *parts: object) -> str:
    # The unit separator cannot occur in a valid id, so ("a", "b:c") and ("a:b", "c") stay apart. Same as str(uuid5(...)),
    # written out because it is needed some six times a call (a test compares the two).
    name = "\x1f".join((kind, *map(str, parts)))
    digest = hashlib.sha1(_NAMESPACE_BYTES + name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{_VARIANT[digest[16]]}{digest[17:20]}-{digest[20:32]}"


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


def notice_id(order: str, notice: str, record: str, index: int) -> str:
    """Something told to a unit about its order, because of one input record."""
    return _derive("notice", order, notice, record, index)


def split_case_id(parent: str, message_id: str) -> str:
    """The case that one decision splits off another."""
    return _derive("split", parent, message_id)


def elapsed_id(case: str, kind: str, subject: str, due: str) -> str:
    """That one deadline has passed: the same however often it is noticed."""
    return _derive("elapsed", case, kind, subject, due)


def pseudonym(caller: str, key: str) -> str:
    """A caller's stable stand-in: HMAC-SHA256 of the number under the city's key, 32 hexadecimal characters.

    Used as the Kafka key of ``calls``, so that one caller's calls stay in order without the number in a key. Spellings of
    one telephone give one pseudonym; what is no telephone (an account of a web form) counts as it is written.
    """
    written = caller if _PLAIN.fullmatch(caller) else _one_spelling(caller)
    return hmac.digest(key.encode(), written.encode("utf-8", "replace"), "sha256").hex()[:32]


def _one_spelling(caller: str) -> str:
    written = unicodedata.normalize("NFKC", caller).strip()
    number = "".join(c for c in written if c.isalnum() or c == "+")
    if not _NUMBER.fullmatch(number):
        return written
    national = _COUNTRY.sub("", number, count=1) if _COUNTRY.match(number) else number
    if national != number and len(national) >= 9 and national[0] not in "01":
        national = f"0{national}"  # abroad the trunk 0 of an area code is left out
    return _MOBILE_TRUNK.sub("", national) if _MOBILE_TRUNK.match(national) else national


def fingerprint(*parts: object) -> str:
    """A short digest of a call's content: tells a repeated delivery from another call under the same id."""
    # Each part with its kind and length, so that no part can pretend to be two and None is not the word "None".
    told = "".join(f"{type(part).__name__}{len(str(part))}:{part}" for part in parts)
    return hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=8).hexdigest()


def lookup_id(case: str) -> str:
    """The lookup beside a case: one at the most."""
    return _derive("lookup", case)


def request_id(lookup: str, database: str, number: int) -> str:
    """One question of a lookup to a database: the same however often it is sent."""
    return _derive("request", lookup, database, number)


def match_id(lookup: str, other: str) -> str:
    """That the matcher holds one lookup for the counterpart of another: the same however often it finds that out."""
    return _derive("match", lookup, other)


def receipt_id(lookup: str, confirmed: str) -> str:
    """The receipt of a handing over."""
    return _derive("receipt", lookup, confirmed)
