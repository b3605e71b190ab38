"""What people see of the audit."""

from django.urls import path

from audit import views

app_name = "audit"

urlpatterns = [path("profile/who-looked/", views.receipts, name="receipts")]
