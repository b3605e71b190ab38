"""Core: streams, events, publishing, permissions and sockets. It knows no domain words."""

from importlib import import_module

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The foundation that every other app imports."""

    name = "core"

    def ready(self) -> None:
        """Import what registers itself."""
        import_module("core.receivers")
