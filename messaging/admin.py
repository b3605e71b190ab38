"""Conversations in the admin: who, when, how many. What was said opens after a reason was given."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from accounts.admin import OfPersonAdmin, account_of, organisation_subject
from accounts.models import User
from audit.admin import PersonalAdmin
from audit.queries import Subject
from core.admin import ReadOnlyAdmin, ReadOnlyInline
from core.requests import number
from messaging.models import (
    Attachment,
    ContactRequest,
    Conversation,
    ConversationMember,
    ConversationUserObjectPermission,
    Draft,
    Meeting,
    Mention,
    Message,
    MessageRevision,
    MessagingSettings,
    Pin,
    Reaction,
    ReadMark,
    Reminder,
    ReplyTemplate,
    SavedMessage,
    ScheduledMessage,
)
from messaging.queries.threads import page_before


class OfConversationAdmin(PersonalAdmin):
    """Rows of a table with a ``conversation``: they open like the conversation."""

    def subject_of(self, row: Any) -> Subject:
        """The conversation, which belongs to everybody who takes or took part."""
        return conversation_subject(row.conversation)


def conversation_subject(conversation: Conversation) -> Subject:
    """A conversation and everybody who takes or took part in it."""
    people = User.objects.filter(conversation_places__conversation=conversation)
    title = f"the conversation “{conversation}”"
    return Subject("conversation", conversation.pk, title, people)


class MembersInline(ReadOnlyInline):
    """Who takes part."""

    model = ConversationMember
    fields = ["user", "role", "read_seq", "added_at", "removed_at"]
    readonly_fields = ["user", "role", "read_seq", "added_at", "removed_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConversationMember]:
        """With the person, in one query."""
        return super().get_queryset(request).select_related("user", "conversation")


@admin.register(Conversation)
class ConversationAdmin(PersonalAdmin, ReadOnlyAdmin):
    """Conversations; their messages have a page of their own."""

    list_display = ["id", "kind", "number_of_members", "closed_at", "created_at"]
    list_filter = ["kind", ("closed_at", admin.EmptyFieldListFilter), "own_messages_may_be_changed"]
    search_fields = ["=id", "members__user__email"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    inlines = [MembersInline]
    change_form_template = "admin/messaging/conversation.html"

    def subject_of(self, row: Conversation) -> Subject:
        """Itself."""
        return conversation_subject(row)

    def get_urls(self) -> list[Any]:
        """With the page of its messages."""
        view = self.admin_site.admin_view(self.messages_view)
        name = "messaging_conversation_messages"
        return [path("<path:object_id>/messages/", view, name=name), *super().get_urls()]

    @method_decorator(require_safe)
    def messages_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was said, the newest first page; only to read."""
        if (closed := self.door(request, object_id)) is not None:
            return closed
        conversation = self.get_object(request, unquote(object_id))
        if conversation is None or not self.has_view_permission(request, conversation):
            raise PermissionDenied
        page = page_before(conversation, number(request.GET, "before"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Messages of “{conversation}”",
            "conversation": conversation,
            "page": page,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/messaging/messages.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        """With the number of members, in the same query."""
        conversations: QuerySet[Conversation] = super().get_queryset(request)
        return conversations.annotate(people=Count("members", distinct=True))

    @admin.display(description="members", ordering="people")
    def number_of_members(self, conversation: Any) -> int:
        """How many take part or took part."""
        return int(conversation.people)


@admin.register(ConversationMember)
class ConversationMemberAdmin(OfConversationAdmin, ReadOnlyAdmin):
    """Places in conversations."""

    list_display = ["user", "conversation_id", "role", "read_seq", "added_at", "removed_at"]
    list_filter = ["role", ("removed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name", "=conversation__id"]
    date_hierarchy = "added_at"
    ordering = ["-added_at"]


@admin.register(Message)
class MessageAdmin(OfConversationAdmin, ReadOnlyAdmin):
    """Who wrote when; what, on the message's page alone. No search knows words."""

    list_display = ["conversation_id", "seq", "author", "message_type", "created_at", "state"]
    list_filter = [
        "message_type",
        ("edited_at", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["author"]
    search_fields = ["author__email", "author__name", "=conversation__id", "=id"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    ordering = ["-created_at"]
    fields = [
        "conversation",
        "seq",
        "author",
        "message_type",
        "body",
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
class MessageRevisionAdmin(PersonalAdmin, ReadOnlyAdmin):
    """That a message was edited, and when; what it said before, on the page alone."""

    list_display = ["message", "author", "written_at"]
    list_select_related = ["message__author"]
    search_fields = ["message__author__email", "=message__id"]
    date_hierarchy = "written_at"
    ordering = ["-written_at"]
    fields = ["message", "body", "written_at"]

    def subject_of(self, row: MessageRevision) -> Subject:
        """The conversation of the message."""
        return conversation_subject(row.message.conversation)

    @admin.display(ordering="message__author__name")
    def author(self, revision: MessageRevision) -> str:
        """Who wrote it."""
        return str(revision.message.author)


@admin.register(Reaction)
class ReactionAdmin(PersonalAdmin, ReadOnlyAdmin):
    """Who reacted with what, and when."""

    list_display = ["message", "user", "emoji", "created_at"]
    list_select_related = ["user", "message"]
    search_fields = ["user__email", "user__name", "=message__id"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    ordering = ["-created_at"]

    def subject_of(self, row: Reaction) -> Subject:
        """The conversation of the message."""
        return conversation_subject(row.message.conversation)


@admin.register(Pin)
class PinAdmin(OfConversationAdmin, ReadOnlyAdmin):
    """Which messages are pinned, by whom."""

    list_display = ["message", "conversation_id", "pinned_by", "created_at"]
    list_select_related = ["pinned_by", "message"]
    search_fields = ["pinned_by__email", "=conversation__id", "=message__id"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]


@admin.register(Attachment)
class AttachmentAdmin(PersonalAdmin, ReadOnlyAdmin):
    """Which message carries which file."""

    list_display = ["file", "message"]
    list_select_related = ["file", "message"]
    search_fields = ["=file__id", "=message__id"]
    show_full_result_count = False
    ordering = ["-pk"]

    def subject_of(self, row: Attachment) -> Subject:
        """The conversation of the message."""
        return conversation_subject(row.message.conversation)


@admin.register(SavedMessage)
class SavedMessageAdmin(OfPersonAdmin, ReadOnlyAdmin):
    """Which messages people keep for themselves."""

    list_display = ["message", "user", "created_at"]
    list_select_related = ["user", "message"]
    search_fields = ["user__email", "user__name", "=message__id"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]


@admin.register(ConversationUserObjectPermission)
class ConversationGrantAdmin(PersonalAdmin, ReadOnlyAdmin):
    """Grants on conversations; `messaging.permissions` alone makes and withdraws them."""

    def subject_of(self, row: ConversationUserObjectPermission) -> Subject:
        """The conversation."""
        return conversation_subject(row.content_object)

    list_display = ["user", "permission", "content_object_id"]
    list_filter = ["permission__codename"]
    list_select_related = ["user", "permission__content_type"]
    search_fields = ["user__email", "=content_object__id"]
    ordering = ["-pk"]


@admin.register(ContactRequest)
class ContactRequestAdmin(PersonalAdmin, ReadOnlyAdmin):
    """Who asked whom for a conversation, and what became of it; the words on the page alone."""

    list_display = ["requester", "consultant", "status", "created_at", "answered_at"]
    list_filter = ["status"]
    list_select_related = ["requester", "consultant"]
    search_fields = ["requester__email", "consultant__email"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]

    def subject_of(self, row: ContactRequest) -> Subject:
        """It is about both people."""
        people = User.objects.filter(pk__in=[row.requester_id, row.consultant_id])
        title = f"the request of {row.requester} for a conversation"
        return Subject("contact_request", row.pk, title, people)


@admin.register(Mention)
class MentionAdmin(OfConversationAdmin, ReadOnlyAdmin):
    """Who was named in which message."""

    list_display = ["user", "conversation_id", "seq", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name", "=conversation__id", "=message__id"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    ordering = ["-created_at", "-pk"]


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(PersonalAdmin, ReadOnlyAdmin):
    """Whose templates there are; what they say, on the page alone."""

    list_display = ["id", "owner", "organisation", "created_at", "changed_at"]
    list_filter = [("organisation", admin.EmptyFieldListFilter)]
    list_select_related = ["owner", "organisation"]
    search_fields = ["owner__email", "owner__name", "organisation__name", "=id"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]

    def subject_of(self, row: ReplyTemplate) -> Subject:
        """Its owner, or everybody of its organisation."""
        if row.organisation is not None:
            return organisation_subject(row.organisation)
        return account_of(User.objects.get(reply_templates=row))


@admin.register(Draft)
class DraftAdmin(OfPersonAdmin, ReadOnlyAdmin):
    """Who is writing where; never the words."""

    list_display = ["user", "conversation_id", "version", "updated_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "=conversation__id"]
    ordering = ["-updated_at"]
    fields = ["user", "conversation", "version", "updated_at"]


@admin.register(ScheduledMessage)
class ScheduledMessageAdmin(PersonalAdmin, ReadOnlyAdmin):
    """Who sends something where and when, and what became of it; never the words."""

    def subject_of(self, row: ScheduledMessage) -> Subject:
        """The author's account."""
        return account_of(row.author)

    list_display = ["author", "conversation_id", "send_at", "state", "created_at"]
    list_filter = ["state"]
    list_select_related = ["author"]
    search_fields = ["author__email", "=conversation__id", "=id"]
    date_hierarchy = "send_at"
    ordering = ["-created_at"]
    fields = ["author", "conversation", "send_at", "state", "failure", "message", "created_at"]


@admin.register(Reminder)
class ReminderAdmin(OfPersonAdmin, ReadOnlyAdmin):
    """Who is reminded when; never of what."""

    list_display = ["user", "remind_at", "state", "created_at"]
    list_filter = ["state"]
    list_select_related = ["user"]
    search_fields = ["user__email", "=message__id", "=id"]
    date_hierarchy = "remind_at"
    ordering = ["-created_at"]
    fields = ["user", "message", "remind_at", "state", "created_at"]


@admin.register(ReadMark)
class ReadMarkAdmin(OfConversationAdmin, ReadOnlyAdmin):
    """When people saw how much of a conversation, as they show it to the others there."""

    list_display = ["user", "conversation_id", "seq", "at"]
    list_select_related = ["user"]
    search_fields = ["=user__email", "=conversation__id"]
    show_full_result_count = False
    ordering = ["-pk"]


@admin.register(MessagingSettings)
class MessagingSettingsAdmin(PersonalAdmin, ReadOnlyAdmin):
    """How people want to be reached, and what they show of themselves."""

    list_display = ["user", "notifications", "shows_receipts", "shows_typing", "shows_presence"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    ordering = ["user__name"]

    def subject_of(self, row: MessagingSettings) -> Subject:
        """The person."""
        return account_of(row.user)


@admin.register(Meeting)
class MeetingAdmin(OfConversationAdmin, ReadOnlyAdmin):
    """Meetings that were called: who and when; what about and where, on the page alone."""

    list_display = ["organiser", "starts_at", "ends_at", "place", "cancelled_at"]
    list_filter = ["place", ("cancelled_at", admin.EmptyFieldListFilter)]
    list_select_related = ["organiser"]
    search_fields = ["organiser__email", "=conversation__id"]
    date_hierarchy = "starts_at"
    ordering = ["-starts_at"]
    fields = [
        "organiser",
        "conversation",
        "title",
        "starts_at",
        "ends_at",
        "place",
        "link",
        "zones",
        "created_at",
        "moved_at",
        "cancelled_by",
        "cancelled_at",
    ]
