"""Stored files: who put them where, what they are, and who may read them."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Knows no places of its own: those register themselves (files.places)."""

    name = "files"
