"""Consultation rooms: their life, people and agenda."""

from importlib import import_module

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """Registers frames and stream kinds."""

    name = "rooms"

    def ready(self) -> None:
        """Import what registers itself."""
        import_module("rooms.consumers")
