"""The content of files."""

from django.urls import include, path

from files import views

patterns = [path("files/<uuid:file_id>/", views.content, name="file")]

urlpatterns = [path("", include((patterns, "files")))]
