"""What is said of the machine, and what is measured on it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.machine import other_cores, server_cores, this_machine
from bench.process import Server, ServerFailedError, on_cores, procfile_command


def test_the_machine_is_told_without_names_or_places() -> None:
    machine = this_machine()
    assert machine["cpu"]
    assert int(machine["cores"]) >= 1
    assert machine["python"] == sys.version.split()[0]
    words = " ".join(map(str, machine.values()))
    assert os.uname().nodename not in words
    assert str(Path.home()) not in words
    assert "/" not in words


def test_the_server_has_a_core_of_its_own_where_there_are_two() -> None:
    assert len(server_cores()) == 1
    assert other_cores()
    if len(server_cores() + other_cores()) > 1 and other_cores() != server_cores():
        assert not set(server_cores()) & set(other_cores())


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system pins nothing")
def test_what_is_started_on_a_core_stays_there() -> None:
    before = os.sched_getaffinity(0)
    with on_cores(server_cores()):
        ask = [sys.executable, "-c", "import os; print(*os.sched_getaffinity(0))"]
        said = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(core) for core in server_cores()]
    assert os.sched_getaffinity(0) == before


def test_the_products_own_web_process_is_measured() -> None:
    assert procfile_command("web").startswith("exec python -m consultsuite.web")
    with pytest.raises(LookupError):
        procfile_command("no such part")


BUSY = """
import os, socket, time
listening = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
held = b"x" * 50_000_000
while time.process_time() < 0.5:
    pass
time.sleep(60)
"""


def test_processor_time_and_memory_of_a_server_are_read_from_the_kernel() -> None:
    with Server("busy", f"exec python -c '{BUSY}'") as server:
        deadline = time.monotonic() + 20
        while server.cpu_seconds() < 0.5:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        spent = server.cpu_seconds()
        time.sleep(0.3)
        assert server.cpu_seconds() - spent < 0.1  # it sleeps now
        assert 50_000_000 < server.memory_bytes() < 200_000_000
    with pytest.raises(ServerFailedError):
        server.cpu_seconds()


def test_a_server_that_does_not_start_says_why() -> None:
    with pytest.raises(ServerFailedError, match="no luck today"):
        Server("broken", "echo no luck today; exit 1").start()
