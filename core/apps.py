"""Core: streams, events, publishing, permissions and sockets. It knows no domain words."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    """The foundation that every other app imports."""

    name = "core"

    def ready(self) -> None:
        """Import what registers itself: in every process it is known what follows an event."""
        import_module("core.receivers")
        autodiscover_modules("tasks")
