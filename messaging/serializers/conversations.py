"""Conversations in the API."""

from typing import Any

from rest_framework import serializers

from core.events import MAX_NUMBER
from core.serializers import UTCDateTimeField
from messaging.actions.places import Mute
from messaging.models import Category, ConversationKind, MemberRole, Priority, RequestStatus
from messaging.models.contact import MAX_NOTE_CHARACTERS
from messaging.queries.inbox import Order, Show


class TalkPersonSerializer(serializers.Serializer[Any]):
    """Somebody in a conversation."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    organisation = serializers.CharField(help_text="Empty for none.")


class LastMessageSerializer(serializers.Serializer[Any]):
    """What was said last."""

    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    sender = serializers.UUIDField()
    preview = serializers.CharField(help_text="How it begins, without formatting.")
    created_at = UTCDateTimeField()


class ConversationSerializer(serializers.Serializer[Any]):
    """A conversation, how far you have read it and where you keep it."""

    # Describes what messaging.fragments.conversation_resource makes.
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ConversationKind.choices)
    title = serializers.CharField(help_text="Of a direct one the other's name.")
    created_at = UTCDateTimeField()
    closed_at = UTCDateTimeField(allow_null=True, help_text="Since then nobody can write.")
    own_messages_may_be_changed = serializers.BooleanField(
        help_text="Although it is closed, you may edit and delete your own messages."
    )
    read_seq = serializers.IntegerField(help_text="Number up to which you have read.")
    unread = serializers.IntegerField(
        help_text="Messages of others that you have not read, at most 100."
    )
    unread_mentions = serializers.IntegerField(
        help_text="Of these, how often you are named, at most 100."
    )
    permissions = serializers.ListField(
        child=serializers.CharField(), help_text="What you may do in it."
    )
    category = serializers.ChoiceField(choices=Category.choices, allow_blank=True)
    priority = serializers.ChoiceField(choices=Priority.choices)
    people = TalkPersonSerializer(many=True, help_text="The first others of a private one.")
    last_message = LastMessageSerializer(allow_null=True)
    is_archived = serializers.BooleanField()
    is_pinned = serializers.BooleanField()
    is_marked_unread = serializers.BooleanField()
    muted_until = UTCDateTimeField(allow_null=True, help_text="The year 9999 is for ever.")


class ConversationsQuery(serializers.Serializer[Any]):
    """Which of your conversations."""

    show = serializers.ChoiceField(choices=[(s.value, s.name) for s in Show], required=False)
    sort = serializers.ChoiceField(choices=[(o.value, o.name) for o in Order], required=False)
    category = serializers.ChoiceField(choices=Category.choices, required=False)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    q = serializers.CharField(required=False, help_text="Words of a person's name or the title.")
    page = serializers.IntegerField(required=False, min_value=1, max_value=1_000)


class OpenConversationSerializer(serializers.Serializer[Any]):
    """Whom to write to: one person, or a group with a title."""

    people = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=100, help_text="Their ids."
    )
    title = serializers.CharField(
        required=False, help_text="Makes it a group, also of two.", max_length=200
    )


class ChangeConversationSerializer(serializers.Serializer[Any]):
    """What to change; what is left out stays. Give either what is yours (archived, pinned, mute,
    marked_unread), or category and priority, or the title of a group."""

    archived = serializers.BooleanField(required=False)
    pinned = serializers.BooleanField(required=False)
    mute = serializers.ChoiceField(
        choices=[(mute.value, mute.name) for mute in Mute], required=False
    )
    marked_unread = serializers.BooleanField(required=False)
    category = serializers.ChoiceField(choices=Category.choices, required=False, allow_blank=True)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    title = serializers.CharField(required=False, max_length=200)

    OWN = ("archived", "pinned", "mute", "marked_unread")
    SHARED = ("category", "priority")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One action writes what is one's own, others what everybody sees."""
        kinds = [self.OWN, self.SHARED, ("title",)]
        given = [kind for kind in kinds if any(name in attrs for name in kind)]
        if len(given) != 1:
            raise serializers.ValidationError(
                "Change your own settings, category and priority, or the title: one at a time."
            )
        return attrs


class TalkMemberSerializer(serializers.Serializer[Any]):
    """Somebody who takes part."""

    user = TalkPersonSerializer()
    role = serializers.ChoiceField(choices=MemberRole.choices)
    added_at = UTCDateTimeField()


class AddMembersSerializer(serializers.Serializer[Any]):
    """Who joins a group."""

    people = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=100)


class ContactsQuery(serializers.Serializer[Any]):
    """Whom to look for."""

    q = serializers.CharField(required=False, help_text="Words of a name or organisation.")


class ContactSerializer(TalkPersonSerializer):
    """Somebody whom you may write to, or ask first."""

    may_write = serializers.BooleanField(help_text="False: a consultant whom you may ask.")


class ContactRequestSerializer(serializers.Serializer[Any]):
    """Somebody asks a consultant for a conversation."""

    id = serializers.UUIDField()
    requester = TalkPersonSerializer()
    consultant = TalkPersonSerializer()
    note = serializers.CharField()
    status = serializers.ChoiceField(choices=RequestStatus.choices)
    created_at = UTCDateTimeField()
    answered_at = UTCDateTimeField(allow_null=True)


class AskContactSerializer(serializers.Serializer[Any]):
    """Whom to ask, and what it is about."""

    consultant = serializers.UUIDField()
    note = serializers.CharField(max_length=MAX_NOTE_CHARACTERS)


class ReadSerializer(serializers.Serializer[Any]):
    """How far somebody has read."""

    seq = serializers.IntegerField(min_value=0, max_value=MAX_NUMBER)
