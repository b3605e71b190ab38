"""Fragments of conversations, and the pages beside them."""

from django.urls import include, path

from messaging.views import (
    contacts,
    forwarding,
    inbox,
    meetings,
    mentions,
    messages,
    pins,
    places,
    reactions,
    receipts,
    reminders,
    saved,
    scheduled,
    search,
    settings,
    templates,
)

CONVERSATION = "conversations/<uuid:conversation_id>/"
MESSAGE = "messages/<uuid:message_id>/"
TALK = "inbox/<uuid:conversation_id>/"
REQUEST = "inbox/requests/<uuid:request_id>/"
SCHEDULED = "inbox/scheduled/<uuid:scheduled_id>/"
REMINDER = "inbox/reminders/<uuid:reminder_id>/"

patterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/list/", inbox.inbox_list, name="inbox_list"),
    path("inbox/count/", inbox.count, name="count"),
    path("inbox/meetings/", meetings.meeting_list, name="meetings"),
    path("inbox/meetings/<uuid:meeting_id>/", meetings.meeting, name="meeting"),
    path("inbox/meetings/<uuid:meeting_id>/cancel/", meetings.cancel, name="meeting-cancel"),
    path(f"{TALK}meetings/new/", meetings.new, name="meeting-new"),
    path("inbox/new/", contacts.new, name="new"),
    path("inbox/people/<uuid:user_id>/", contacts.profile, name="person"),
    path("inbox/people/<uuid:user_id>/ask/", contacts.ask, name="ask"),
    path(f"{REQUEST}accept/", contacts.accept, name="accept"),
    path(f"{REQUEST}decline/", contacts.decline, name="decline"),
    path(f"{REQUEST}withdraw/", contacts.withdraw, name="withdraw"),
    path(TALK, inbox.conversation, name="conversation"),
    path(f"{TALK}keep/", places.keep, name="keep"),
    path(f"{TALK}clear/", places.clear, name="clear"),
    path(f"{TALK}triage/", places.triage, name="triage"),
    path(f"{TALK}people/", inbox.members, name="members"),
    path(f"{TALK}people/add/", contacts.add, name="add"),
    path(f"{TALK}people/<uuid:user_id>/remove/", contacts.remove, name="remove"),
    path(f"{TALK}rename/", contacts.rename, name="rename"),
    path(f"{CONVERSATION}messages/", messages.messages, name="messages"),
    path(f"{CONVERSATION}read/", messages.read, name="read"),
    path(f"{CONVERSATION}settings/", settings.place_settings, name="place_settings"),
    path(f"{CONVERSATION}pins/", pins.pins, name="pins"),
    path(f"{CONVERSATION}reactions/own/", reactions.own, name="own_reactions"),
    path(MESSAGE, messages.show, name="message"),
    path(f"{MESSAGE}menu/", messages.menu, name="menu"),
    path(f"{MESSAGE}edit/", messages.edit, name="edit"),
    path(f"{MESSAGE}delete/", messages.delete, name="delete"),
    path(f"{MESSAGE}seen/", receipts.seen_by, name="seen_by"),
    path(f"{MESSAGE}history/", messages.history, name="history"),
    path(f"{MESSAGE}react/", reactions.react, name="react"),
    path(f"{MESSAGE}unreact/", reactions.unreact, name="unreact"),
    path(f"{MESSAGE}pin/", pins.pin, name="pin"),
    path(f"{MESSAGE}unpin/", pins.unpin, name="unpin"),
    path(f"{MESSAGE}save/", saved.save, name="save"),
    path(f"{MESSAGE}unsave/", saved.unsave, name="unsave"),
    path(f"{MESSAGE}forward/", forwarding.forward, name="forward"),
    path("inbox/settings/", settings.settings, name="settings"),
    path("inbox/saved/", saved.saved, name="saved"),
    path(f"{CONVERSATION}names/", mentions.names, name="names"),
    path(
        f"{CONVERSATION}templates/",
        templates.offered,
        name="templates-offered",
    ),
    path(
        f"{CONVERSATION}templates/<uuid:template_id>/",
        templates.filled,
        name="template-filled",
    ),
    path("inbox/mentions/", mentions.mentions, name="mentions"),
    path("inbox/templates/", templates.template_list, name="templates"),
    path("inbox/templates/new/", templates.template_new, name="template-new"),
    path("inbox/templates/preview/", templates.template_preview, name="template-preview"),
    path("inbox/templates/<uuid:template_id>/", templates.template_detail, name="template"),
    path(
        "inbox/templates/<uuid:template_id>/delete/",
        templates.template_delete,
        name="template-delete",
    ),
    path(f"{MESSAGE}remind/", reminders.remind, name="remind"),
    path(f"{CONVERSATION}later/", scheduled.later, name="later"),
    path(f"{CONVERSATION}scheduled/", scheduled.waiting, name="waiting"),
    path("inbox/scheduled/", scheduled.scheduled_page, name="scheduled"),
    path(SCHEDULED, scheduled.change, name="scheduled_change"),
    path(f"{SCHEDULED}cancel/", scheduled.cancel, name="scheduled_cancel"),
    path(f"{SCHEDULED}send/", scheduled.send, name="scheduled_send"),
    path("inbox/reminders/", reminders.reminders_page, name="reminders"),
    path(f"{REMINDER}done/", reminders.done, name="reminder_done"),
    path(f"{REMINDER}later/", reminders.in_an_hour, name="reminder_later"),
    path(f"{REMINDER}cancel/", reminders.cancel, name="reminder_cancel"),
    path("inbox/search/", search.search, name="search"),
]

urlpatterns = [path("", include((patterns, "messaging")))]
