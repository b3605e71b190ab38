"""The readers of the event log who have to know: audit, refused attempts, access receipts."""

from importlib import import_module

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Knows people and objects by their ids only, so every app above can use it."""

    name = "audit"

    def ready(self) -> None:
        """Hear what is refused, and say where one can go."""
        import_module("audit.palette")
        import_module("audit.receivers")
