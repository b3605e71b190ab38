"""Consultation rooms: their life, people and agenda."""

from importlib import import_module

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """Registers frames, stream kinds, destinations, variables and where conversations are open."""

    name = "rooms"

    def ready(self) -> None:
        """Import what registers itself."""
        import_module("rooms.consumers")
        import_module("rooms.palette")
        import_module("rooms.queries.ties")
        import_module("rooms.variables")
        import_module("rooms.queries.addresses")
