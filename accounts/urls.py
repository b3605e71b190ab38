"""Pages about oneself, and people's pictures."""

from django.urls import include, path

from accounts.views import join, organisation, profile, sessions, tokens

app_name = "accounts"

organisation_urls = [
    path("", organisation.people, name="organisation"),
    path("members/<uuid:user_id>/role/", organisation.member_role, name="member_role"),
    path("members/<uuid:user_id>/remove/", organisation.member_remove, name="member_remove"),
    path("invitations/<uuid:invitation_id>/resend/", organisation.resend, name="invitation_resend"),
    path("invitations/<uuid:invitation_id>/revoke/", organisation.revoke, name="invitation_revoke"),
]

urlpatterns = [
    path("profile/", profile.profile, name="profile"),
    path("profile/sessions/", sessions.session_list, name="sessions"),
    path("profile/sessions/end-others/", sessions.end_others, name="end_other_sessions"),
    path("profile/sessions/<int:session_id>/end/", sessions.end, name="end_session"),
    path("profile/tokens/", tokens.token_list, name="tokens"),
    path("profile/tokens/new/", tokens.create, name="create_token"),
    path("profile/tokens/<uuid:token_id>/revoke/", tokens.revoke, name="revoke_token"),
    path("profile/keep/", profile.keep, name="keep"),
    path("organisation/", organisation.own, name="own_organisation"),
    path("organisation/join/<str:token>/", join.landing, name="join"),
    path("organisation/join/<str:token>/accept/", join.accept, name="join_accept"),
    path("organisation/join/<str:token>/account/", join.account, name="join_account"),
    path("organisations/<uuid:organisation_id>/", include(organisation_urls)),
    # Where MEDIA_URL points to; no other upload is served from there.
    path("media/pictures/<str:name>", profile.picture, name="picture"),
]
