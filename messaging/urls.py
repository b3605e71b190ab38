"""Fragments of conversations."""

from django.urls import include, path

from messaging.views import messages

patterns = [
    path("conversations/<uuid:conversation_id>/messages/", messages.messages, name="messages"),
    path("conversations/<uuid:conversation_id>/read/", messages.read, name="read"),
    path("messages/<uuid:message_id>/menu/", messages.menu, name="menu"),
    path("messages/<uuid:message_id>/edit/", messages.edit, name="edit"),
    path("messages/<uuid:message_id>/delete/", messages.delete, name="delete"),
    path("messages/<uuid:message_id>/history/", messages.history, name="history"),
]

urlpatterns = [path("", include((patterns, "messaging")))]
