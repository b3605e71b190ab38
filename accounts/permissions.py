"""Business roles -> permissions, held as Django groups named like the role."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from accounts.models import BusinessRole, User
from core.permissions import has_permission

CLIENT = frozenset({"read_own_projects", "read_own_invoices", "upload_files", "download_files"})
CLIENT_ADMIN = CLIENT | {
    "read_account_projects",
    "read_account_invoices",
    "manage_account_users",
    "view_account_analytics",
}
ENGINEER = frozenset(
    {
        "read_own_projects",
        "read_all_projects",
        "update_project_status",
        "upload_files",
        "download_files",
        "access_technical_data",
    }
)
PROJECT_MANAGER = ENGINEER | {"read_all_invoices", "view_all_analytics"}
ADMIN = PROJECT_MANAGER | CLIENT_ADMIN | {"manage_all_users", "manage_system", "view_audit_logs"}

ADMINISTERING = ("manage_all_users", "manage_system", "view_audit_logs")
"""Each opens a part of `/api/admin/`."""

OPEN_ROOMS = frozenset({"add_room"})

SHARE_TEMPLATES = frozenset({"share_replytemplate"})
"""The shared replies of one's own organisation: who manages people or projects keeps them, and
everybody else there uses them."""

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    BusinessRole.CLIENT_USER: CLIENT,
    BusinessRole.CLIENT_ADMIN: CLIENT_ADMIN | SHARE_TEMPLATES,
    BusinessRole.INTERNAL_ENGINEER: ENGINEER | OPEN_ROOMS,
    BusinessRole.INTERNAL_PM: PROJECT_MANAGER | OPEN_ROOMS | SHARE_TEMPLATES,
    BusinessRole.ADMIN: ADMIN | OPEN_ROOMS | SHARE_TEMPLATES,
}


def synchronise_groups() -> None:
    """Make the roles' groups hold exactly the permissions of the table above."""
    for role, codenames in ROLE_PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set(
            Permission.objects.filter(
                content_type__app_label__in=("accounts", "messaging", "rooms"),
                codename__in=codenames,
            )
        )


def may_administer(user: User) -> bool:
    """True for who holds any permission that `/api/admin/` asks for."""
    return any(has_permission(user, f"accounts.{codename}") for codename in ADMINISTERING)


def assign_role(user: User, role: str | None) -> None:
    """Put the person into the role's group and out of the other roles' groups.

    Who is an administrator stands with the person too, as every request asks for it.
    """
    user.groups.remove(*Group.objects.filter(name__in=BusinessRole.values).exclude(name=role))
    if role is not None:
        user.groups.add(Group.objects.get(name=role))
    user.is_administrator = role == BusinessRole.ADMIN
    user.save(update_fields=["is_administrator"])


def differences() -> list[str]:
    """One line for each person whose groups differ from the role of their membership."""
    lines = []
    people = User.objects.filter(Q(groups__isnull=False) | Q(membership__isnull=False))
    for user in people.distinct().select_related("membership").prefetch_related("groups"):
        membership = getattr(user, "membership", None)
        expected = {membership.role} if membership else set()
        held = {group.name for group in user.groups.all()} & set(BusinessRole.values)
        if held != expected:
            lines.append(f"{user.pk}: groups {sorted(held)}, role {sorted(expected)}")
        elif user.is_administrator != (BusinessRole.ADMIN in held):
            lines.append(f"{user.pk}: is_administrator is {user.is_administrator}")
    for role, codenames in ROLE_PERMISSIONS.items():
        held_codenames = set(
            Permission.objects.filter(group__name=role).values_list("codename", flat=True)
        )
        if held_codenames != codenames:
            lines.append(f"group {role}: {sorted(held_codenames ^ codenames)} differ")
    return lines
