"""The timing of sockets (core.sockets)."""

from consultsuite.settings.environment import env

SOCKET_HEARTBEAT_SECONDS: float = env.float("SOCKET_HEARTBEAT_SECONDS", default=20.0)
# How long somebody whose last page closed still counts as there: a reload is no departure.
SOCKET_LEAVE_GRACE_SECONDS: float = env.float("SOCKET_LEAVE_GRACE_SECONDS", default=5.0)
