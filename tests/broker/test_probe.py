"""The probe believes a Kafka only."""

from __future__ import annotations

import socket
import threading

from dispatcher.broker import probe


def test_a_broker_answers_with_its_cluster(broker: str) -> None:
    host, port = broker.split(":")
    answer = probe.ask(host, port=int(port))
    assert answer
    assert answer.ready
    assert answer.brokers == 1
    assert len(answer.cluster_id) == 22


def test_nothing_listens() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        assert probe.ask("127.0.0.1", port=unheard.getsockname()[1]) is None


def test_a_web_server_is_no_broker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert probe.ask("127.0.0.1", port=server.getsockname()[1]) is None
        thread.join()
