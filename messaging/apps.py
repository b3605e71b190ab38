"""Conversations: one engine for rooms, private chats and the lounge."""

from importlib import import_module

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Registers renderers, frames and stream kinds."""

    name = "messaging"

    def ready(self) -> None:
        """Import what registers itself."""
        import_module("messaging.fragments")
        import_module("messaging.consumers")
        import_module("messaging.palette")
        import_module("messaging.receivers")
