"""Templates for replies in the API."""

from typing import Any

from rest_framework import serializers

from core.serializers import UTCDateTimeField
from messaging.models import ReplyTemplate
from messaging.models.message import MAX_BODY_CHARACTERS
from messaging.models.template import MAX_SHORTCUT_CHARACTERS, MAX_TITLE_CHARACTERS
from messaging.variables import unknown_variables


class ReplyTemplateSerializer(serializers.Serializer[Any]):
    """A reply to use again."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    shortcut = serializers.CharField(help_text="What is typed after the slash; may be empty.")
    body = serializers.CharField(help_text="Markdown, with variables in braces.")
    is_shared = serializers.BooleanField(help_text="Your organisation's, not yours alone.")
    unknown_variables = serializers.SerializerMethodField(
        help_text="What stands in braces and is no variable: it is never filled in."
    )
    created_at = UTCDateTimeField()
    changed_at = UTCDateTimeField(allow_null=True)

    def get_unknown_variables(self, template: ReplyTemplate) -> list[str]:
        """In the order of the text."""
        return unknown_variables(template.body)


class MakeReplyTemplateSerializer(serializers.Serializer[Any]):
    """A template to keep."""

    title = serializers.CharField(max_length=MAX_TITLE_CHARACTERS)
    shortcut = serializers.RegexField(
        r"^/?[\w-]*$", required=False, allow_blank=True, max_length=MAX_SHORTCUT_CHARACTERS
    )
    body = serializers.CharField(max_length=MAX_BODY_CHARACTERS, trim_whitespace=False)
    is_shared = serializers.BooleanField(
        required=False, help_text="Share it in your organisation, if you manage its templates."
    )


class ChangeReplyTemplateSerializer(serializers.Serializer[Any]):
    """What is to be changed of a template."""

    title = serializers.CharField(required=False, max_length=MAX_TITLE_CHARACTERS)
    shortcut = serializers.RegexField(
        r"^/?[\w-]*$", required=False, allow_blank=True, max_length=MAX_SHORTCUT_CHARACTERS
    )
    body = serializers.CharField(
        required=False, max_length=MAX_BODY_CHARACTERS, trim_whitespace=False
    )


class FilledQuery(serializers.Serializer[Any]):
    """For which conversation."""

    conversation = serializers.UUIDField()


class FilledSerializer(serializers.Serializer[Any]):
    """A template's words for one conversation."""

    text = serializers.CharField()
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="Variables that still stand in their braces."
    )
