"""The runner as a real process, with small parts of its own."""

import fcntl
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from consultsuite.embedded.service import is_free
from consultsuite.tests.processes import ROOT, Program, processes_with, python, wait_until

pytestmark = pytest.mark.processes

_WEB = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
    def log_message(self, *args):
        pass
address = ("127.0.0.1", int(os.environ["PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""


@pytest.fixture
def port() -> int:
    """A free port that the system does not hand to outgoing connections."""
    return next(port for port in range(32_100 + os.getpid() % 500, 32_767) if is_free(port))


@contextmanager
def runner(
    directory: Path, port: int, procfile: str, *arguments: str, **environment: str
) -> Iterator[Program]:
    """`python -m consultsuite.run` with these parts and no services, unless asked for."""
    directory.mkdir(exist_ok=True)
    (directory / "web.py").write_text(_WEB)
    path = directory / "Procfile"
    path.write_text(procfile.format(directory=directory))
    settings = {
        "PORT": str(port),
        "CONSULTSUITE_VAR": str(directory / "var"),
        "DATABASE_URL": "postgresql://nowhere.invalid/x",
        "REDIS_URL": "redis://nowhere.invalid/0",
    } | environment
    command = ("-m", "consultsuite.run", "--no-prepare", "--procfile", str(path), *arguments)
    with python(directory, *command, **settings) as program:
        yield program


def refused(program: Program) -> str:
    """What a refused start said; asserts one line and exit code 1."""
    assert program.process.wait(30) == 1
    assert len(program.output.splitlines()) == 1
    return program.output


def test_crash_is_shown_and_only_that_part_starts_again(tmp_path: Path, port: int) -> None:
    procfile = (
        "web: exec python {directory}/web.py\n"
        "fragile: echo the reason; exit 3\n"
        "steady: echo steady begins; exec sleep 600\n"
    )
    with runner(tmp_path, port, procfile) as program:
        program.wait_for("fragile ended with exit code 3", times=2)
        program.wait_for(f"ready: http://127.0.0.1:{port}/")
        program.process.terminate()
        assert program.process.wait(30) == 0
        output = program.output
    assert "starts again in 0.5 s" in output
    assert "starts again in 1 s" in output
    assert re.search(r"^run +\| +the reason$", output, re.MULTILINE)
    assert re.search(r"^fragile *\| the reason$", output, re.MULTILINE)
    assert output.count("| steady begins") == 1
    assert output.count("ready: ") == 1
    assert "web ended" not in output
    assert "\033[" not in output  # Colours are for terminals.


def test_killed_part_is_named_by_its_signal(tmp_path: Path, port: int) -> None:
    with runner(tmp_path, port, "loner: kill -9 $$\n") as program:
        program.wait_for("loner was ended by SIGKILL")


def test_children_of_a_crashed_part_do_not_stay(tmp_path: Path, port: int) -> None:
    procfile = "parent: sleep 4321.5 & sleep 0.2; exit 1\n"
    with runner(tmp_path, port, procfile) as program:
        program.wait_for("parent ended", times=2)
        assert len(processes_with(f"sleep\x004321.5\x00 PATH={os.environ['PATH']}")) <= 1


STUBBORN = "stubborn: trap '' TERM; echo ignoring; while true; do sleep 1; done\n"


@pytest.mark.parametrize(
    ("number", "stubborn"),
    [
        (signal.SIGINT, ""),
        (signal.SIGHUP, ""),
        (signal.SIGTERM, STUBBORN),
        (signal.SIGKILL, STUBBORN),
    ],
)
def test_no_process_is_left_behind(
    tmp_path: Path, port: int, number: signal.Signals, stubborn: str
) -> None:
    procfile = (
        "web: exec python {directory}/web.py\n"
        "family: sleep 600 & sleep 600\n"
        "leader: sleep 600 & trap 'exit 0' TERM; echo ignoring; wait\n" + stubborn
    )
    with runner(tmp_path, port, procfile) as program:
        program.wait_for("ready: ")
        program.wait_for("ignoring")
        # The environment of every part names the directory.
        assert len(processes_with(str(tmp_path))) >= 5
        program.process.send_signal(number)
        code = program.process.wait(30)
        assert code == (-number if number == signal.SIGKILL else 0)
        wait_until(lambda: processes_with(str(tmp_path)) == [], "everything ends")
    assert is_free(port)


def test_second_request_to_stop_does_not_wait(tmp_path: Path, port: int) -> None:
    with runner(tmp_path, port, STUBBORN) as program:
        program.wait_for("ignoring")
        program.process.terminate()
        program.wait_for("Stopping")
        program.process.terminate()
        assert program.process.wait(5) == 0


def test_port_in_use_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with runner(tmp_path, port, "web: touch {directory}/started\n") as program:
            said = refused(program)
    assert f"Port {port} is in use" in said
    assert f"PORT={port + 1}" in said
    assert not (tmp_path / "started").exists()


def test_second_copy_on_the_same_var_is_refused(tmp_path: Path, port: int) -> None:
    var = {"CONSULTSUITE_VAR": str(tmp_path / "shared")}
    with runner(tmp_path / "one", port, "web: echo up; exec sleep 600\n", **var) as first:
        first.wait_for("| up")
        with runner(tmp_path / "two", port + 1, "web: echo up\n", **var) as second:
            said = refused(second)
        assert "already runs from" in said
        assert f"process {first.process.pid}" in said
        assert first.process.poll() is None


def test_nonsense_port_is_refused(tmp_path: Path) -> None:
    with runner(tmp_path, 0, "web: true\n", PORT="eighty") as program:
        assert "PORT must be a number" in refused(program)


def test_missing_procfile_is_refused(tmp_path: Path, port: int) -> None:
    with runner(tmp_path, port, "", "--procfile", str(tmp_path / "none")) as program:
        assert "cannot be read" in refused(program)


def test_services_are_started_watched_and_stopped(tmp_path: Path, port: int) -> None:
    procfile = "show: echo key=${{#SECRET_KEY}} $DATABASE_URL $REDIS_URL; exec sleep 600\n"
    with runner(tmp_path, port, procfile, DATABASE_URL="", REDIS_URL="") as program:
        program.wait_for("| key=67 postgresql://")
        redis_pid = int((tmp_path / "var/redis/data/redis.pid").read_text())
        os.kill(redis_pid, signal.SIGKILL)
        program.wait_for("Redis ended; it starts again")
        program.wait_for("Redis runs again.")
        assert int((tmp_path / "var/redis/data/redis.pid").read_text()) != redis_pid
        assert "PostgreSQL ended" not in program.output
        program.process.terminate()
        assert program.process.wait(40) == 0
        assert "show ended" not in program.output
        # The guard of the services ends a moment after the runner that it watches.
        wait_until(lambda: processes_with(str(tmp_path)) == [], "nothing is left behind")
    assert (tmp_path / "var/secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_signal_to_make_alone_stops_everything(
    tmp_path: Path, port: int, number: signal.Signals
) -> None:
    """make keeps a SIGINT to itself and a SIGKILL leaves its children: the runner sees both."""
    (tmp_path / "Procfile").write_text("web: echo up; exec sleep 600\n")
    makefile = tmp_path / "Makefile"
    makefile.write_text(
        f"run:\n\t@exec '{sys.executable}' -m consultsuite.run --no-prepare --under-make "
        f"--procfile {tmp_path}/Procfile\n"
    )
    # A shell's background jobs ignore SIGINT, and what nohup starts SIGHUP; so would make if the
    # tests are one.
    program = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
        "signal.signal(signal.SIGHUP, signal.SIG_DFL); "
        "os.execvp('make', ['make', '-C', sys.argv[1], '-f', sys.argv[2], 'run'])"
    )
    settings = {
        "PORT": str(port),
        "CONSULTSUITE_VAR": str(tmp_path / "var"),
        "DATABASE_URL": "postgresql://nowhere.invalid/x",
        "REDIS_URL": "redis://nowhere.invalid/0",
    }
    with python(tmp_path, "-c", program, str(ROOT), str(makefile), **settings) as make:
        make.wait_for("| up")
        make.process.send_signal(number)
        make.process.wait(30)
        wait_until(lambda: processes_with(str(tmp_path)) == [], "everything ends")


def test_claim_ends_with_a_killed_run(tmp_path: Path, port: int) -> None:
    with runner(tmp_path, port, "web: echo up; exec sleep 600\n") as program:
        program.wait_for("| up")
        program.process.kill()
    with (tmp_path / "var/run.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
