"""Socket routes."""

from django.urls import path

from core.sockets import SuiteConsumer

websocket_urlpatterns = [path("ws/", SuiteConsumer.as_asgi())]
