"""Conversations in the admin: who, when, how many; never what was said."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from core.admin import ReadOnlyAdmin, ReadOnlyInline
from messaging.models import (
    Conversation,
    ConversationMember,
    ConversationUserObjectPermission,
    Message,
    MessageRevision,
)


class MembersInline(ReadOnlyInline):
    """Who takes part."""

    model = ConversationMember
    fields = ["user", "role", "read_seq", "added_at", "removed_at"]
    readonly_fields = ["user", "role", "read_seq", "added_at", "removed_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConversationMember]:
        """With the person, in one query."""
        return super().get_queryset(request).select_related("user", "conversation")


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """Conversations without their messages."""

    list_display = ["title", "kind", "number_of_members", "closed_at", "created_at"]
    list_filter = ["kind", ("closed_at", admin.EmptyFieldListFilter)]
    search_fields = ["title", "=id", "members__user__email"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    inlines = [MembersInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        """With the number of members, in the same query."""
        conversations: QuerySet[Conversation] = super().get_queryset(request)
        return conversations.annotate(people=Count("members", distinct=True))

    @admin.display(description="members", ordering="people")
    def number_of_members(self, conversation: Any) -> int:
        """How many take part or took part."""
        return int(conversation.people)


@admin.register(ConversationMember)
class ConversationMemberAdmin(ReadOnlyAdmin):
    """Places in conversations."""

    list_display = ["user", "conversation", "role", "read_seq", "added_at", "removed_at"]
    list_filter = ["role", ("removed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user", "conversation"]
    search_fields = ["user__email", "user__name", "=conversation__id"]
    date_hierarchy = "added_at"
    ordering = ["-added_at"]


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Who wrote when. Neither list, page nor search shows what."""

    list_display = ["conversation", "seq", "author", "message_type", "created_at", "state"]
    list_filter = [
        "message_type",
        ("edited_at", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["conversation", "author"]
    search_fields = ["author__email", "author__name", "=conversation__id", "=id"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    ordering = ["-created_at"]
    fields = [
        "conversation",
        "seq",
        "author",
        "message_type",
        "reply_to",
        "client_id",
        "created_at",
        "edited_at",
        "deleted_at",
    ]

    @admin.display
    def state(self, message: Message) -> str:
        """Deleted, edited or nothing."""
        return "deleted" if message.is_deleted else "edited" if message.edited_at else ""


@admin.register(MessageRevision)
class MessageRevisionAdmin(ReadOnlyAdmin):
    """That a message was edited, and when; not what it said."""

    list_display = ["message", "author", "written_at"]
    list_select_related = ["message__author"]
    search_fields = ["message__author__email", "=message__id"]
    date_hierarchy = "written_at"
    ordering = ["-written_at"]
    fields = ["message", "written_at"]

    @admin.display(ordering="message__author__name")
    def author(self, revision: MessageRevision) -> str:
        """Who wrote it."""
        return str(revision.message.author)


@admin.register(ConversationUserObjectPermission)
class ConversationGrantAdmin(ReadOnlyAdmin):
    """Grants on conversations; `messaging.permissions` alone makes and withdraws them."""

    list_display = ["user", "permission", "content_object"]
    list_filter = ["permission__codename"]
    list_select_related = ["user", "permission__content_type", "content_object"]
    search_fields = ["user__email", "=content_object__id"]
    ordering = ["-pk"]
