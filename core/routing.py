"""Socket routes."""

from typing import Any

from django.urls import path

from core.sockets import SuiteConsumer

# Channels routes ASGI applications with Django's paths, which are typed for views.
_page: Any = SuiteConsumer.as_asgi()

websocket_urlpatterns: list[Any] = [path("ws/", _page)]
