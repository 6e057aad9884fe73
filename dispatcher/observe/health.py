"""Is this worker ready? And the small HTTP door that says so, beside the metrics."""

import json
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from dispatcher.observe import metrics


class Lanes(Protocol):
    """What health asks of a stage."""

    def summary(self) -> dict[str, dict[str, object]]:
        """lane -> {"open": bool, "floor": int, "waiting": int, "stopped": bool}."""
        ...


class Health:
    """Ready: lanes are assigned and open, and the watchdog has not found them stuck."""

    def __init__(self, stages: Sequence[Lanes]) -> None:
        self._stages = stages
        self.stuck = ""

    def report(self) -> dict[str, object]:
        """``{"ready": bool, "stuck": str, "lanes": {...}}``."""
        lanes = {name: state for stage in self._stages for name, state in stage.summary().items()}
        ready = bool(lanes) and all(state["open"] for state in lanes.values()) and not self.stuck
        metrics.READY.set(ready)
        return {"ready": ready, "stuck": self.stuck, "lanes": lanes}


def serve(port: int, health: Health) -> ThreadingHTTPServer:
    """Serve ``/metrics``, ``/ready`` (200 or 503) and ``/live`` on the loopback interface, in a thread of its own."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
            elif self.path in ("/ready", "/live"):
                report = health.report()
                good = report["ready"] if self.path == "/ready" else not report["stuck"]
                self._answer(200 if good else 503, "application/json", json.dumps(report, ensure_ascii=False).encode())
            else:
                self._answer(404, "text/plain; charset=utf-8", b"/metrics /ready /live\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Door)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
