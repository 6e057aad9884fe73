"""Is a Kafka broker really ready? One Metadata question in Kafka's own protocol, with nothing but a socket.

A port that accepts connections proves little: a broker listens before the controller has admitted it. The answer to
Metadata (API 3, version 4) names the cluster, its live brokers and its controller; with those there, a client can work.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

METADATA_API, METADATA_VERSION = 3, 4
CORRELATION = 110
CLIENT = b"dispatcher-probe"
MAX_ANSWER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What the broker said of its cluster: id, number of live brokers, node id of the controller (-1: none)."""

    cluster_id: str
    brokers: int
    controller: int

    @property
    def ready(self) -> bool:
        return self.brokers > 0 and self.controller >= 0


def ask(host: str, *, port: int, timeout: float = 2.0) -> Metadata | None:
    """The broker's answer; None if nothing listens, or what listens does not speak Kafka's protocol in time."""
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            connection.sendall(_question())
            (size,) = struct.unpack(">i", _read(connection, 4))
            if not 4 <= size <= MAX_ANSWER_BYTES:
                return None
            return _parse(_read(connection, size))
    except (OSError, ValueError, struct.error):
        return None


def _question() -> bytes:
    header = struct.pack(">hhih", METADATA_API, METADATA_VERSION, CORRELATION, len(CLIENT)) + CLIENT
    body = struct.pack(">i?", 0, False)  # no topic, and none to be made
    return struct.pack(">i", len(header) + len(body)) + header + body


def _parse(answer: bytes) -> Metadata:
    correlation, _throttle, brokers = struct.unpack_from(">iii", answer)
    if correlation != CORRELATION or brokers < 0:
        raise ValueError("not an answer to our question")
    at = 12
    for _ in range(brokers):
        at += 4  # node id
        _, at = _text(answer, at)  # host
        at += 4  # port
        _, at = _text(answer, at)  # rack
    cluster_id, at = _text(answer, at)
    (controller,) = struct.unpack_from(">i", answer, at)
    return Metadata(cluster_id=cluster_id, brokers=brokers, controller=controller)


def _text(answer: bytes, at: int) -> tuple[str, int]:
    """A nullable string at offset `at`, and the offset behind it."""
    (length,) = struct.unpack_from(">h", answer, at)
    end = at + 2 + max(length, 0)
    return answer[at + 2 : end].decode("utf-8"), end


def _read(connection: socket.socket, size: int) -> bytes:
    chunks = b""
    while len(chunks) < size:
        chunk = connection.recv(size - len(chunks))
        if not chunk:
            raise ValueError("the connection was closed")
        chunks += chunk
    return chunks
