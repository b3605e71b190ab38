"""What a message says, where only the beginning of it is shown."""

import re
from html import unescape

from django import template
from django.template.defaultfilters import truncatechars
from django.utils.html import strip_tags

from messaging.models import Message

register = template.Library()


@register.filter
def excerpt(message: Message, characters: int) -> str:
    """Its words without Markdown's marks, as text that is still to be escaped."""
    words = re.sub(r"\s*\n\s*", "\n", unescape(strip_tags(message.body_html)).strip())
    return truncatechars(words or message.gist, characters)
