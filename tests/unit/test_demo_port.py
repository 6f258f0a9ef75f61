"""The demo on a machine where its port is taken."""

import socket

from app.demo.processes import choose_port
from app.settings import Settings


def test_a_taken_port_is_said_and_another_is_picked() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        port, said = choose_port(Settings(_env_file=None, port=taken))
    assert port != taken
    assert str(taken) in said
    assert str(port) in said


def test_a_free_port_is_taken_without_a_word() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    assert choose_port(Settings(_env_file=None, port=free)) == (free, "")
