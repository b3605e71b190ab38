"""Pages about oneself, and people's pictures."""

from django.urls import path

from accounts.views import profile, sessions, tokens

app_name = "accounts"

urlpatterns = [
    path("profile/", profile.profile, name="profile"),
    path("profile/sessions/", sessions.session_list, name="sessions"),
    path("profile/sessions/end-others/", sessions.end_others, name="end_other_sessions"),
    path("profile/sessions/<int:session_id>/end/", sessions.end, name="end_session"),
    path("profile/tokens/", tokens.token_list, name="tokens"),
    path("profile/tokens/new/", tokens.create, name="create_token"),
    path("profile/tokens/<uuid:token_id>/revoke/", tokens.revoke, name="revoke_token"),
    path("profile/keep/", profile.keep, name="keep"),
    # Where MEDIA_URL points to; no other upload is served from there.
    path("media/pictures/<str:name>", profile.picture, name="picture"),
]
