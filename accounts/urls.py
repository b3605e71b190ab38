"""Pages about oneself, and people's pictures."""

from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("profile/", views.profile, name="profile"),
    # Where MEDIA_URL points to; no other upload is served from there.
    path("media/pictures/<str:name>", views.picture, name="picture"),
]
