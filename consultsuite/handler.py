"""How requests get from the event loop to the views, all of which are blocking."""

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class OneThreadHandler(ASGIHandler):
    """Runs middleware and view in one visit to the request's thread.

    Django's own handler prepares for views that are coroutines: behind blocking middleware it goes
    back to the event loop for the view, and from there to the thread again for it and for each
    middleware's `process_view`. None of ours is a coroutine, so all those ways are saved.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        """The chain for blocking views, whatever is asked for."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Run the whole chain in the request's thread."""
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
