"""The embedded services, as real processes in directories of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from consultsuite.embedded import EmbeddedError, EmbeddedPostgres, EmbeddedRedis, running, urls
from consultsuite.embedded.lifeline import is_alive
from consultsuite.embedded.users import ServiceUser, let_through, let_use
from consultsuite.tests.processes import ROOT, processes_with, python, wait_until

pytestmark = pytest.mark.processes


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server that runs; its directory is closed to others, as a clone in /root is."""
    server = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that runs."""
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement and commit; returns its rows."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_postgres_serves_the_product_role(postgres: EmbeddedPostgres) -> None:
    assert postgres.is_running
    assert execute(postgres.url, "SELECT current_user::text, current_database()::text") == [
        ("consultsuite", "consultsuite")
    ]
    assert execute(
        postgres.url, "SELECT usesuper, usecreatedb FROM pg_user WHERE usename = user"
    ) == [(False, True)]
    assert execute(postgres.url, "SHOW max_connections") == [("200",)]
    assert execute(postgres.url, "SHOW server_version_num")[0][0] >= "180000"  # type: ignore[operator]


def test_postgres_answers_long_questions_in_parallel(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("SET debug_parallel_query = on")
        (number,) = connection.execute("SELECT count(*) FROM pg_class").fetchone() or (0,)
    assert number > 100


def test_postgres_refuses_without_the_password(postgres: EmbeddedPostgres) -> None:
    user, _, rest = postgres.url.partition("@")
    wrong = f"{user.rpartition(':')[0]}:wrong@{rest}"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        execute(wrong, "SELECT 1")


def test_redis_refuses_without_the_password(queue: EmbeddedRedis) -> None:
    host_and_port = queue.url.rpartition("@")[2]
    with (
        redis.Redis.from_url(f"redis://{host_and_port}") as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.get("x")


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_secrets_are_private(
    name: str, postgres: EmbeddedPostgres, queue: EmbeddedRedis, tmp_path: Path
) -> None:
    assert (tmp_path / name / "password").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / name / "data").stat().st_mode & 0o777 == 0o700
    password = (tmp_path / name / "password").read_text().strip()
    assert [line for line in processes_with(password) if "pytest" not in line] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to drop")
@pytest.mark.parametrize("server", ["postgres", "queue"])
def test_services_do_not_run_as_root(server: str, request: pytest.FixtureRequest) -> None:
    pid = request.getfixturevalue(server).pid
    assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_second_start_uses_the_running_server(postgres: EmbeddedPostgres) -> None:
    other = EmbeddedPostgres(postgres.directory, durable=False)
    assert other.start() == postgres.url
    assert other.pid == postgres.pid


def test_postgres_killed_starts_on_the_same_port_with_its_data(postgres: EmbeddedPostgres) -> None:
    execute(postgres.url, "CREATE TABLE kept AS SELECT 41 AS answer")
    with psycopg.connect(postgres.url) as open_elsewhere:
        url, pid = postgres.url, postgres.pid
        postgres.kill()
        assert not postgres.is_running
        with pytest.raises(psycopg.OperationalError):
            open_elsewhere.execute("SELECT 1")
    assert postgres.start() == url
    assert postgres.pid != pid
    assert execute(url, "SELECT answer FROM kept") == [(41,)]


def test_redis_killed_starts_on_the_same_port_with_its_data(queue: EmbeddedRedis) -> None:
    with redis.Redis.from_url(queue.url) as client:
        client.set("kept", "41")
    url, pid = queue.url, queue.pid
    queue.kill()
    assert not queue.is_running
    assert queue.start() == url
    assert queue.pid != pid
    with redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"41"


def test_pid_file_of_another_process_does_not_stop_postgres(postgres: EmbeddedPostgres) -> None:
    postgres.kill()
    note = postgres.data / "postmaster.pid"
    lines = note.read_text().splitlines()
    # The number of the killed server now belongs to a process of the same user.
    owner = note.stat()
    stranger = subprocess.Popen(
        ["sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None, cwd="/"
    )
    try:
        note.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        assert postgres.pid is None
        postgres.start()
        assert postgres.is_running
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_failed_start_says_why(postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    (postgres.data / "postgresql.auto.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedError, match=r"PostgreSQL cannot start: .*no_such_setting"):
        postgres.start()


def test_data_of_another_version_is_refused(postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    (postgres.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedError, match="written by PostgreSQL 16"):
        postgres.start()


def test_taken_port_is_replaced(queue: EmbeddedRedis) -> None:
    queue.stop()
    before = queue.url
    port = int((queue.directory / "port").read_text())
    with subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as squatter:
        wait_until(lambda: _is_listening(port), "the other program listens")
        assert queue.start() != before
        assert queue.is_running
        squatter.kill()


def _is_listening(port: int) -> bool:
    wanted = f"0100007F:{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()
    return any(line.split()[1] == wanted and line.split()[3] == "0A" for line in lines[1:])


def test_running_stops_what_nobody_else_holds(tmp_path: Path) -> None:
    assert urls(tmp_path) is None
    with running(tmp_path, durable=False) as outer:
        with running(tmp_path, durable=False) as inner:
            assert inner == outer
        # The inner block is over; the outer one still needs them.
        assert urls(tmp_path) == outer
    assert urls(tmp_path) is None
    assert processes_with(str(tmp_path)) == []


_HOLDER = """
import sys, time
from consultsuite.embedded import running
with running(sys.argv[1], durable=False):
    print("holding", flush=True)
    time.sleep(600)
"""


def test_services_end_with_a_killed_holder_but_not_before_the_last(tmp_path: Path) -> None:
    var = tmp_path / "var"
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    environment = {"PYTHONPATH": str(ROOT)}
    with python(tmp_path / "one", "-c", _HOLDER, str(var), **environment) as first:
        first.wait_for("holding")
        with python(tmp_path / "two", "-c", _HOLDER, str(var), **environment) as second:
            second.wait_for("holding")
            postgres = EmbeddedPostgres(var / "postgres")
            pid = postgres.pid
            assert pid is not None
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
            assert is_alive(pid)
            assert urls(var) is not None
            second.process.send_signal(signal.SIGKILL)
            second.process.wait()
            wait_until(lambda: not is_alive(pid), "PostgreSQL ends with its last user")
            wait_until(lambda: processes_with(str(var)) == [], "every service ends")


_WATCHER = """
import os, signal, subprocess
from consultsuite.embedded.lifeline import PARTS, Lifeline
watched = subprocess.Popen(["sleep", "600"], start_new_session=True)
Lifeline().watch(watched.pid, number=signal.SIGTERM, grace_seconds=5, stage=PARTS)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_is_watched_ends_with_an_owner_killed_before_its_guard_runs(tmp_path: Path) -> None:
    mark = f"mark-{tmp_path.name}-{os.getpid()}"
    with python(tmp_path, "-c", _WATCHER, PYTHONPATH=str(ROOT), MARK=mark) as owner:
        assert owner.process.wait() == -signal.SIGKILL
        wait_until(lambda: processes_with(mark) == [], "the watched process and the guard end")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may open what is closed to others")
def test_only_the_service_user_is_let_through(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    inside = closed / "inside"
    inside.mkdir(parents=True)
    (inside / "file").write_text("x")
    closed.chmod(0o700)
    let_through(inside, ServiceUser(uid=54_321, gid=54_321))

    def reads(uid: int, command: list[str]) -> bool:
        done = subprocess.run(
            command, user=uid, group=uid, extra_groups=[], capture_output=True, check=False
        )
        return done.returncode == 0

    assert reads(54_321, ["cat", str(inside / "file")])
    assert not reads(54_321, ["ls", str(closed)])  # Through, not in.
    assert not reads(54_322, ["cat", str(inside / "file")])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may open what is closed to others")
def test_programs_installed_for_root_alone_are_opened(tmp_path: Path) -> None:
    package, libraries = tmp_path / "server", tmp_path / "server.libs"
    for directory in (package, libraries):
        directory.mkdir(mode=0o700)
    for file in (package / "program", libraries / "library.so"):
        file.write_text("#!/bin/sh\n")
        file.chmod(0o700 if file.name == "program" else 0o600)
    let_use(package, ServiceUser(uid=54_321, gid=54_321))
    command = [str(package / "program")]
    subprocess.run(command, user=54_321, group=54_321, extra_groups=[], cwd="/", check=True)
    assert (libraries / "library.so").stat().st_mode & 0o777 == 0o644
