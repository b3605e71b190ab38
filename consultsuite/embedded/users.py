"""The unprivileged user of the embedded services when we run as root.

PostgreSQL refuses to run as root, and Redis has no need to. The user must be able to reach its
data and its programs, which may lie below directories that only root may enter (a clone in
/root): it gets the right to pass through those directories and nothing else, by an access
control entry of its own. The directories' modes for everybody else stay as they are.
"""

import contextlib
import errno
import os
import pwd
import stat
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from consultsuite.embedded.errors import EmbeddedError

NAME = "consultsuite"

# The binary form of a POSIX access control list, as Linux keeps it (linux/posix_acl_xattr.h).
_ACL = "system.posix_acl_access"
_VERSION = struct.pack("<I", 2)
_ENTRY = struct.Struct("<HHI")
_USER_OBJ, _USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_EXECUTE = 1


@dataclass(frozen=True)
class ServiceUser:
    """Numeric ids of the user that the services run as."""

    uid: int
    gid: int


def service_user() -> ServiceUser | None:
    """The user to run services as; None when we are not root and simply run as ourselves.

    Makes the system user on first use; where users cannot be made, `nobody` serves.
    """
    if os.geteuid() != 0:
        return None
    entry = _look_up(NAME)
    if entry is None:
        with contextlib.suppress(OSError):
            options = (
                "--system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin"
            )
            subprocess.run(["useradd", *options.split(), NAME], capture_output=True, check=False)
        # Looked up again whatever useradd said: another copy may have made it just now.
        entry = _look_up(NAME) or _look_up("nobody")
    if entry is None:
        raise EmbeddedError(
            f"PostgreSQL cannot run as root and the user {NAME!r} could not be made: "
            f"make it (useradd --system {NAME}) or run this as an ordinary user."
        )
    return ServiceUser(entry.pw_uid, entry.pw_gid)


def _look_up(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def let_through(path: Path, user: ServiceUser) -> None:
    """Let `user` pass through every directory above `path`.

    Raises EmbeddedError where neither an access control entry nor the mode can be set.
    """
    for directory in path.resolve().parents:
        if not _may_enter(directory, user):
            _grant(directory, user)


def let_use(package: Path, user: ServiceUser) -> None:
    """Let `user` run the programs in an installed Python package, with the package's libraries.

    Only for what a wheel brought: the permissions of the system's programs are not ours.
    """
    let_through(package, user)
    for directory in (package, package.with_name(f"{package.name}.libs")):
        if directory.is_dir():
            _let_read(directory)


def _let_read(directory: Path) -> None:
    """Make installed files readable by every user (an umask of 077 hides them)."""
    for path in (directory, *directory.rglob("*")):
        mode = path.stat().st_mode
        wanted = mode | 0o444
        if stat.S_ISDIR(mode) or mode & stat.S_IXUSR:
            wanted |= 0o111
        if wanted != mode:
            path.chmod(stat.S_IMODE(wanted))


def _may_enter(directory: Path, user: ServiceUser) -> bool:
    status = directory.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    entries = _entries(directory)
    mask = next((perm for tag, perm, _ in entries if tag == _MASK), 7)
    own = [perm for tag, perm, who in entries if tag == _USER and who == user.uid]
    if own:
        return bool(own[0] & mask & _EXECUTE)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _entries(directory: Path) -> list[tuple[int, int, int]]:
    """(tag, permissions, id) of the directory's access control list, maybe made of its mode."""
    try:
        raw = os.getxattr(directory, _ACL)
    except OSError:
        mode = directory.stat().st_mode
        return [
            (_USER_OBJ, mode >> 6 & 7, _NO_ID),
            (_GROUP_OBJ, mode >> 3 & 7, _NO_ID),
            (_OTHER, mode & 7, _NO_ID),
        ]
    return [(tag, perm, who) for tag, perm, who in _ENTRY.iter_unpack(raw[len(_VERSION) :])]


def _grant(directory: Path, user: ServiceUser) -> None:
    entries = [e for e in _entries(directory) if e[0] != _MASK and e[::2] != (_USER, user.uid)]
    entries.append((_USER, _EXECUTE, user.uid))
    mask = 0
    for tag, perm, _ in entries:
        if tag in (_USER, _GROUP_OBJ, _GROUP):
            mask |= perm
    entries.append((_MASK, mask, _NO_ID))
    # The kernel wants them by tag, then by id.
    entries.sort(key=lambda entry: (entry[0], entry[2]))
    try:
        os.setxattr(directory, _ACL, _VERSION + b"".join(_ENTRY.pack(*e) for e in entries))
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EPERM, errno.EINVAL):
            raise _closed(directory) from error
        try:
            # No access control lists here: passing through, without reading, for everybody.
            directory.chmod(stat.S_IMODE(directory.stat().st_mode) | stat.S_IXOTH)
        except OSError as refused:
            raise _closed(directory) from refused


def _closed(directory: Path) -> EmbeddedError:
    return EmbeddedError(
        f"PostgreSQL runs as the user {NAME!r}, who may not pass through {directory}: "
        "allow it (chmod o+x), or choose another directory with CONSULTSUITE_VAR."
    )
