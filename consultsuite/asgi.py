"""The ASGI application: HTTP by Django, sockets by Channels."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consultsuite.settings")
get_asgi_application()  # sets Django up

from consultsuite.handler import OneVisitHandler  # noqa: E402 - needs the loaded settings

http = OneVisitHandler()

from core.addresses import ForwardedHeaders  # noqa: E402 - needs the loaded apps
from core.authentication import SocketAuthentication  # noqa: E402
from core.routing import websocket_urlpatterns  # noqa: E402
from core.sizes import SizeLimit  # noqa: E402

sockets = SocketAuthentication(URLRouter(websocket_urlpatterns))
application = ForwardedHeaders(ProtocolTypeRouter({"http": SizeLimit(http), "websocket": sockets}))
