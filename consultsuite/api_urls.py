"""Every route of the HTTP API, in one table."""

from django.urls import URLPattern, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.api import members
from accounts.api import people as accounts
from audit import api as audit
from core.api import events
from core.api.views import UnknownAddress
from files import api as files
from messaging.api import (
    contacts,
    conversations,
    drafts,
    kept,
    meetings,
    mentions,
    messages,
    presence,
    reactions,
    receipts,
    reminders,
    scheduled,
    search,
    settings,
    templates,
)
from rooms.api import agenda, invitations, participants, rooms

app_name = "api"

ROOM = "rooms/<uuid:room_id>/"
INVITATION = f"{ROOM}invitations/<uuid:invitation_id>/"
ORGANISATION = "organisations/<uuid:organisation_id>/"
CONVERSATION = "conversations/<uuid:conversation_id>/"
TEMPLATE = "reply-templates/<uuid:template_id>/"
CONTACT = "contact-requests/<uuid:request_id>/"
MESSAGE = "messages/<uuid:message_id>/"
SCHEDULED = "scheduled/<uuid:scheduled_id>/"
REMINDER = "reminders/<uuid:reminder_id>/"

urlpatterns: list[URLPattern] = [
    # Looked through in this order: what is asked for most comes first.
    path("conversations/", conversations.Conversations.as_view(), name="conversations"),
    path(CONVERSATION, conversations.ConversationDetail.as_view(), name="conversation"),
    path(
        f"{CONVERSATION}messages/",
        messages.ConversationMessages.as_view(),
        name="conversation-messages",
    ),
    path(
        f"{CONVERSATION}read/", conversations.ConversationRead.as_view(), name="conversation-read"
    ),
    path(
        f"{CONVERSATION}clear/",
        conversations.ConversationClear.as_view(),
        name="conversation-clear",
    ),
    path(
        f"{CONVERSATION}members/",
        conversations.ConversationMembers.as_view(),
        name="conversation-members",
    ),
    path(
        f"{CONVERSATION}members/<uuid:user_id>/",
        conversations.ConversationMember.as_view(),
        name="conversation-member",
    ),
    path(
        f"{CONVERSATION}meetings/",
        meetings.ConversationMeetings.as_view(),
        name="conversation-meetings",
    ),
    path("meetings/", meetings.Meetings.as_view(), name="meetings"),
    path("meetings/<uuid:meeting_id>/", meetings.MeetingDetail.as_view(), name="meeting"),
    path(
        "meetings/<uuid:meeting_id>/cancel/",
        meetings.CancelMeeting.as_view(),
        name="meeting-cancel",
    ),
    path("contacts/", contacts.Contacts.as_view(), name="contacts"),
    path("contact-requests/", contacts.ContactRequests.as_view(), name="contact-requests"),
    path(f"{CONTACT}accept/", contacts.AcceptContact.as_view(), name="contact-accept"),
    path(f"{CONTACT}decline/", contacts.DeclineContact.as_view(), name="contact-decline"),
    path(f"{CONTACT}withdraw/", contacts.WithdrawContact.as_view(), name="contact-withdraw"),
    path(
        f"{CONVERSATION}received/",
        receipts.ConversationReceived.as_view(),
        name="conversation-received",
    ),
    path(
        f"{CONVERSATION}settings/", settings.PlaceSettings.as_view(), name="conversation-settings"
    ),
    path("presence/", presence.People.as_view(), name="presence"),
    path("messaging/settings/", settings.Settings.as_view(), name="messaging-settings"),
    path(f"{MESSAGE}seen-by/", receipts.MessageSeenBy.as_view(), name="message-seen-by"),
    path(MESSAGE, messages.MessageDetail.as_view(), name="message"),
    path(f"{MESSAGE}revisions/", messages.MessageRevisions.as_view(), name="message-revisions"),
    path(f"{CONVERSATION}names/", mentions.ConversationNames.as_view(), name="conversation-names"),
    path("mentions/", mentions.Mentions.as_view(), name="mentions"),
    path("reply-templates/", templates.ReplyTemplates.as_view(), name="reply-templates"),
    path(TEMPLATE, templates.ReplyTemplateDetail.as_view(), name="reply-template"),
    path(
        f"{TEMPLATE}filled/", templates.ReplyTemplateFilled.as_view(), name="reply-template-filled"
    ),
    path(f"{CONVERSATION}draft/", drafts.ConversationDraft.as_view(), name="conversation-draft"),
    path(
        f"{CONVERSATION}scheduled/",
        scheduled.ConversationScheduled.as_view(),
        name="conversation-scheduled",
    ),
    path("scheduled/", scheduled.AllScheduled.as_view(), name="all-scheduled"),
    path(SCHEDULED, scheduled.ScheduledDetail.as_view(), name="scheduled"),
    path(f"{SCHEDULED}send/", scheduled.SendScheduled.as_view(), name="scheduled-send"),
    path("reminders/", reminders.Reminders.as_view(), name="reminders"),
    path(REMINDER, reminders.ReminderDetail.as_view(), name="reminder"),
    path(f"{REMINDER}done/", reminders.ReminderDone.as_view(), name="reminder-done"),
    path("search/", search.Search.as_view(), name="search"),
    path(f"{MESSAGE}reactions/", reactions.MessageReactions.as_view(), name="message-reactions"),
    path(f"{MESSAGE}pin/", kept.MessagePin.as_view(), name="message-pin"),
    path(f"{MESSAGE}saved/", kept.MessageSave.as_view(), name="message-saved"),
    path(f"{MESSAGE}forward/", kept.MessageForward.as_view(), name="message-forward"),
    path(f"{CONVERSATION}pins/", kept.Pins.as_view(), name="conversation-pins"),
    path("saved/", kept.SavedMessages.as_view(), name="saved-messages"),
    path("files/upload/", files.Uploads.as_view(), name="file-upload"),
    path("files/<uuid:file_id>/", files.FileDetail.as_view(), name="file"),
    path("files/<uuid:file_id>/download/", files.FileDownload.as_view(), name="file-download"),
    path("auth/signin/", accounts.SignIn.as_view(), name="signin"),
    path("auth/signup/", accounts.SignUp.as_view(), name="signup"),
    path("auth/signout/", accounts.SignOut.as_view(), name="signout"),
    path("auth/session/", accounts.Session.as_view(), name="session"),
    path("profile/", accounts.Profile.as_view(), name="profile"),
    path("profile/access-receipts/", audit.AccessReceipts.as_view(), name="access-receipts"),
    path(f"{ORGANISATION}members/", members.Members.as_view(), name="members"),
    path(f"{ORGANISATION}members/<uuid:user_id>/", members.MemberDetail.as_view(), name="member"),
    path(
        f"{ORGANISATION}invitations/",
        members.MemberInvitations.as_view(),
        name="member-invitations",
    ),
    path(
        f"{ORGANISATION}invitations/<uuid:invitation_id>/",
        members.MemberInvitationDetail.as_view(),
        name="member-invitation",
    ),
    path(
        f"{ORGANISATION}invitations/<uuid:invitation_id>/resend/",
        members.ResendMemberInvitation.as_view(),
        name="member-invitation-resend",
    ),
    path("room-types/", rooms.RoomTypes.as_view(), name="room-types"),
    path("rooms/", rooms.Rooms.as_view(), name="rooms"),
    path(ROOM, rooms.RoomDetail.as_view(), name="room"),
    path(f"{ROOM}start/", rooms.StartRoom.as_view(), name="room-start"),
    path(f"{ROOM}complete/", rooms.CompleteRoom.as_view(), name="room-complete"),
    path(f"{ROOM}cancel/", rooms.CancelRoom.as_view(), name="room-cancel"),
    path(f"{ROOM}messages/", rooms.RoomMessages.as_view(), name="room-messages"),
    path(f"{ROOM}timeline/", rooms.RoomTimeline.as_view(), name="room-timeline"),
    path(f"{ROOM}participants/", participants.Participants.as_view(), name="participants"),
    path(
        f"{ROOM}participants/<uuid:user_id>/",
        participants.ParticipantDetail.as_view(),
        name="participant",
    ),
    path(f"{ROOM}invitations/", invitations.Invitations.as_view(), name="invitations"),
    path(INVITATION, invitations.InvitationDetail.as_view(), name="invitation"),
    path(f"{INVITATION}resend/", invitations.ResendInvitation.as_view(), name="invitation-resend"),
    path(f"{ROOM}agenda/", agenda.Agenda.as_view(), name="agenda"),
    path(f"{ROOM}agenda/current/", agenda.AgendaCurrent.as_view(), name="agenda-current"),
    path(f"{ROOM}agenda/order/", agenda.AgendaOrder.as_view(), name="agenda-order"),
    path(f"{ROOM}agenda/clock/", agenda.AgendaClock.as_view(), name="agenda-clock"),
    path(f"{ROOM}agenda/<uuid:item_id>/", agenda.AgendaItemDetail.as_view(), name="agenda-item"),
    path("admin/users/", accounts.Accounts.as_view(), name="admin-users"),
    path("admin/system-health/", accounts.SystemHealth.as_view(), name="admin-system-health"),
    path("admin/audit-logs/", audit.AuditLogs.as_view(), name="audit-logs"),
    path("admin/audit-logs/export/", audit.AuditLogExport.as_view(), name="audit-logs-export"),
    path("events/", events.Events.as_view(), name="events"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    re_path("", UnknownAddress.as_view(), name="unknown"),
]
