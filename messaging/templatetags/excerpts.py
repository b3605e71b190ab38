"""What a message says, where only the beginning of it is shown."""

from django import template
from django.template.defaultfilters import truncatechars

from messaging.models import Message

register = template.Library()


@register.filter
def excerpt(message: Message, characters: int) -> str:
    """Its words without Markdown's marks, as text that is still to be escaped."""
    return truncatechars(message.gist, characters)
