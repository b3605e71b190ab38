"""The audit in the admin, and what all pages about people's data share."""

from django.contrib import admin

from audit.admin.log import AuditLogAdmin, FirstPages
from audit.admin.personal import PersonalAdmin
from audit.models import AccessReceipt
from core.admin import ReadOnlyAdmin

__all__ = ["AccessReceiptAdmin", "AuditLogAdmin", "FirstPages", "PersonalAdmin"]


@admin.register(AccessReceipt)
class AccessReceiptAdmin(ReadOnlyAdmin):
    """Who looked at what, and why."""

    list_display = ["at", "staff", "object", "reason"]
    list_select_related = ["staff"]
    search_fields = ["staff__email", "staff__name", "=object_id"]
    ordering = ["-at", "-pk"]
    show_full_result_count = False
    exclude = ["people", "title"]
