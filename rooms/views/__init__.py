"""Pages and fragments of rooms."""

from rooms.views import agenda, lists, people, room, stage

__all__ = ["agenda", "lists", "people", "room", "stage"]
