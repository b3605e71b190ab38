"""Pages of rooms."""

from django.urls import URLPattern, URLResolver, include, path

from rooms.views import agenda, join, lists, people, room, stage

room_urls: list[URLPattern | URLResolver] = [
    path("", room.room_page, name="room"),
    path("header/", room.header, name="header"),
    path("settings/", room.settings, name="settings"),
    path("start/", room.start, name="start"),
    path("complete/", room.complete, name="complete"),
    path("cancel/", room.cancel, name="cancel"),
    path("people/", people.panel, name="people"),
    path("people/add/", people.add, name="people_add"),
    path("people/<uuid:user_id>/link/", people.guest_link, name="people_link"),
    path("invitations/<uuid:invitation_id>/resend/", people.resend, name="invitation_resend"),
    path("invitations/<uuid:invitation_id>/revoke/", people.revoke, name="invitation_revoke"),
    path("people/<uuid:user_id>/role/", people.role, name="people_role"),
    path("people/<uuid:user_id>/remove/", people.remove, name="people_remove"),
    path("agenda/", agenda.panel, name="agenda"),
    path("agenda/add/", agenda.add, name="agenda_add"),
    path("agenda/go/", agenda.go, name="agenda_go"),
    path("agenda/clock/", agenda.clock, name="agenda_clock"),
    path("agenda/<uuid:item_id>/change/", agenda.change, name="agenda_change"),
    path("agenda/<uuid:item_id>/remove/", agenda.remove, name="agenda_remove"),
    path("agenda/<uuid:item_id>/move/", agenda.move, name="agenda_move"),
    path("stage/agenda/", stage.agenda, name="stage_agenda"),
    path("stage/people/", stage.people, name="stage_people"),
    path("stage/timeline/", stage.timeline_pane, name="stage_timeline"),
]

join_urls: list[URLPattern | URLResolver] = [
    path("", join.landing, name="join"),
    path("guest/", join.guest, name="join_guest"),
    path("account/", join.account, name="join_account"),
    path("accept/", join.accept, name="join_accept"),
    path("again/", join.again, name="join_again"),
]

rooms_urls: list[URLPattern | URLResolver] = [
    path("", lists.room_list, name="list"),
    path("new/", lists.create, name="create"),
    path("join/<str:token>/", include(join_urls)),
    path("<uuid:room_id>/", include(room_urls)),
    path("of/<uuid:conversation_id>/", people.of_conversation, name="of_conversation"),
    path("with/<uuid:user_id>/", people.together, name="together"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", lists.home, name="home"),
    path("rooms/", include((rooms_urls, "rooms"))),
]
