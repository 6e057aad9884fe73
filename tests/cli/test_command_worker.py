"""`dispatcher worker` refuses what it cannot do before it joins the group."""

import socket

import pytest
from click.testing import CliRunner

from dispatcher.cli import program
from dispatcher.domain.errors import SettingsError


def test_a_metrics_port_in_use_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(SettingsError, match=f"port {port} for metrics cannot be used"):
            CliRunner().invoke(program, ["worker", "--metrics-port", port], catch_exceptions=False)
