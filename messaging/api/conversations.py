"""Conversations over HTTP: which there are, where one keeps them, and how far one has read."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from core.api.schema import CURSOR, LIMIT, listing, operation
from core.api.views import ApiView
from messaging.actions.contacts import open_direct
from messaging.actions.conversations import mark_read
from messaging.actions.groups import add_to_group, leave_group, open_group, rename_group
from messaging.actions.places import (
    Mute,
    clear_conversation,
    keep_conversation,
    triage_conversation,
)
from messaging.fragments import conversation_resource, member_resource
from messaging.models import Conversation
from messaging.queries.contacts import people_seen_by, present_members
from messaging.queries.conversations import read_seq, visible_conversation
from messaging.queries.inbox import Filters, listed, rows_of, with_permissions
from messaging.queries.opening import opened
from messaging.serializers.conversations import (
    AddMembersSerializer,
    ChangeConversationSerializer,
    ConversationSerializer,
    ConversationsQuery,
    OpenConversationSerializer,
    ReadSerializer,
    TalkMemberSerializer,
)


class ConversationView(ApiView):
    """Base of the views of one conversation."""

    def load(self, conversation_id: UUID) -> Conversation:
        """The conversation; raises `Http404`."""
        return visible_conversation(self.person, conversation_id)

    def answer(self, conversation_id: UUID, status: int = 200) -> Response:
        """The conversation as it stands now; raises `Http404`."""
        place: Any = opened(self.person, conversation_id, is_counted=True).place
        (row,) = rows_of(self.person, [place])
        return Response(conversation_resource(row, place.codenames), status=status)

    def chosen(self, ids: Sequence[UUID]) -> list[User]:
        """The people with these ids; raises `ValidationError` for who may not be known."""
        found = {user.pk: user for user in people_seen_by(self.person).filter(pk__in=ids)}
        missing = [user_id for user_id in ids if user_id not in found]
        if missing:
            raise ValidationError({"people": ["There is nobody with one of these ids."]})
        return list(found.values())


class Conversations(ConversationView):
    """The conversations that one takes part in."""

    limits: ClassVar = {"POST": "contact"}

    @listing(
        "conversations_list", ConversationSerializer, parameters=[ConversationsQuery, CURSOR, LIMIT]
    )
    def get(self, request: Request) -> Response:
        """Your conversations, the one with the newest message first; archived ones only by
        `show=archived`, or where words are looked for."""
        query = self.query(ConversationsQuery)
        if query.get("q"):
            self.spend("search")
        places = with_permissions(self.person, listed(self.person, Filters.parse(query)))
        return self.page(
            places.order_by(),
            lambda page: [
                conversation_resource(row, place.codenames)
                for row, place in zip(rows_of(self.person, page), page, strict=True)
            ],
            ordering=("-at", "-pk"),
        )

    @operation(
        "conversations_open", ConversationSerializer, body=OpenConversationSerializer,
        status=201, creates=True,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Open the conversation with somebody, which there is one of, or a new group."""
        return self.once(self._open)

    def _open(self) -> Response:
        fields = self.body(OpenConversationSerializer)
        people, title = self.chosen(fields["people"]), fields.get("title", "")
        if len(people) == 1 and not title:
            talk = open_direct(actor=self.person, other=people[0])
        else:
            talk = open_group(actor=self.person, title=title, people=people)
        return self.answer(talk.pk, status=201)


class ConversationDetail(ConversationView):
    """One conversation."""

    @operation("conversations_read", ConversationSerializer)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """A conversation, how far you have read it and where you keep it."""
        return self.answer(conversation_id)

    @operation("conversations_change", ConversationSerializer, body=ChangeConversationSerializer)
    def patch(self, request: Request, conversation_id: UUID) -> Response:
        """Archive, pin, mute or mark it for yourself; or, for everybody in it, say what it is about
        (consultants) or rename a group (who looks after it)."""
        talk, fields = self.load(conversation_id), self.body(ChangeConversationSerializer)
        if "mute" in fields:
            fields["mute"] = Mute(fields["mute"])
        change: Any = keep_conversation
        if "title" in fields:
            change = rename_group
        elif fields.keys() & set(ChangeConversationSerializer.SHARED):
            change = triage_conversation
        change(actor=self.person, conversation=talk, **fields)
        return self.answer(conversation_id)


class ConversationClear(ConversationView):
    """Deleting a conversation for oneself."""

    @operation("conversations_clear", status=204)
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Delete a private conversation for yourself; a new message brings it back. 409 for what
        belongs to a consultation."""
        clear_conversation(actor=self.person, conversation=self.load(conversation_id))
        return Response(status=204)


class ConversationMembers(ConversationView):
    """Who takes part."""

    @listing("conversation_members_list", TalkMemberSerializer)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """Who takes part, the first to come first."""
        return self.page(
            present_members(self.load(conversation_id).pk),
            lambda page: [member_resource(member) for member in page],
            ordering=("added_at", "pk"),
        )

    @operation("conversation_members_add", status=204, body=AddMembersSerializer)
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Let people into a group. They see everything that was said."""
        talk = self.load(conversation_id)
        people = self.chosen(self.body(AddMembersSerializer)["people"])
        add_to_group(actor=self.person, conversation=talk, people=people)
        return Response(status=204)


class ConversationMember(ConversationView):
    """Somebody's place in a group."""

    @operation("conversation_members_remove", status=204)
    def delete(self, request: Request, conversation_id: UUID, user_id: UUID) -> Response:
        """Take somebody out of a group, or leave it yourself."""
        talk = self.load(conversation_id)
        member = get_object_or_404(present_members(talk.pk), user=user_id)
        leave_group(actor=self.person, conversation=talk, user=member.user)
        return Response(status=204)


class ConversationRead(ConversationView):
    """How far one has read."""

    @operation("conversations_mark_read", ReadSerializer, body=ReadSerializer)
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Say that you have seen everything up to a number. It never goes back; the answer
        says where it stands."""
        conversation, seq = self.load(conversation_id), self.body(ReadSerializer)["seq"]
        mark_read(actor=self.person, conversation=conversation, seq=seq)
        return Response({"seq": read_seq(conversation, self.person)})
