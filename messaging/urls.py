"""Fragments of conversations."""

from django.urls import include, path

from messaging import views

patterns = [
    path("conversations/<uuid:conversation_id>/messages/", views.messages, name="messages"),
    path("conversations/<uuid:conversation_id>/read/", views.read, name="read"),
    path("messages/<uuid:message_id>/menu/", views.menu, name="menu"),
    path("messages/<uuid:message_id>/edit/", views.edit, name="edit"),
    path("messages/<uuid:message_id>/delete/", views.delete, name="delete"),
    path("messages/<uuid:message_id>/history/", views.history, name="history"),
]

urlpatterns = [path("", include((patterns, "messaging")))]
