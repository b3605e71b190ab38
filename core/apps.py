"""Core: streams, events, publishing, permissions and sockets. It knows no domain words."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The foundation that every other app imports."""

    name = "core"
