"""People and organisations in the admin."""

from importlib import import_module
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from accounts.actions.organisations import (
    add_organisation,
    rename_organisation,
    set_business_role,
)
from accounts.actions.people import (
    activate_person,
    confirm_address,
    deactivate_person,
    update_profile,
)
from accounts.actions.sessions import end_session
from accounts.actions.tokens import revoke_token
from accounts.models import (
    ApiToken,
    KnownDevice,
    Membership,
    Organisation,
    OrganisationInvitation,
    User,
)
from accounts.queries import live_sessions
from audit.admin import PersonalAdmin
from audit.queries import Subject
from core.admin import ActionAdmin, Inline, ReadOnlyAdmin, ReadOnlyInline
from core.devices import device_of
from core.requests import person


def account_of(user: User) -> Subject:
    """Everything that is about one person."""
    return Subject("user", user.pk, "your account", User.objects.filter(pk=user.pk))


def organisation_subject(organisation: Organisation) -> Subject:
    """An organisation, which belongs to its people and to those whom it has invited."""
    people = User.objects.filter(
        Q(membership__organisation=organisation)
        | Q(email__in=organisation.invitations.values("email"))
    )
    return Subject("organisation", organisation.pk, f"the organisation “{organisation}”", people)


class OfPersonAdmin(PersonalAdmin):
    """Rows of a table with a ``user``: they open like that person's account."""

    def subject_of(self, row: Any) -> Subject:
        """The person's account."""
        return account_of(row.user)


class MembershipInline(Inline):
    """The organisation and role of one person; saved by `set_business_role`."""

    model = Membership
    fields = ["organisation", "role"]
    autocomplete_fields = ["organisation"]
    can_delete = False
    max_num = 1


@admin.register(User)
class UserAdmin(PersonalAdmin, ActionAdmin):
    """People sign up by themselves; here their profile, role and access are kept."""

    list_display = ["email", "name", "organisation", "role", "is_active", "is_staff", "date_joined"]
    list_filter = [
        "is_active",
        "is_staff",
        "is_guest",
        "membership__role",
        "membership__organisation",
    ]
    list_select_related = ["membership__organisation"]
    search_fields = ["email", "name", "membership__organisation__name"]
    date_hierarchy = "date_joined"
    ordering = ["email"]
    inlines = [MembershipInline]
    actions = ["confirm", "deactivate", "activate"]
    fieldsets = [
        (None, {"fields": ["email", "name", "picture", "timezone", "locale"]}),
        ("Access", {"fields": ["is_active", "is_guest", "is_staff", "is_superuser", "groups"]}),
        ("Times", {"fields": ["date_joined", "last_login", "last_seen_at"]}),
    ]
    readonly_fields = [
        "email",
        "is_active",
        "is_guest",
        "is_staff",
        "is_superuser",
        "groups",
        "date_joined",
        "last_login",
        "last_seen_at",
    ]

    def subject_of(self, row: User) -> Subject:
        """Their account."""
        return account_of(row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Everybody but the system user, whom nobody changes."""
        return super().get_queryset(request).filter(is_system=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: people sign up by themselves and confirm their address."""
        return False

    @admin.display(ordering="membership__organisation__name")
    def organisation(self, user: User) -> str:
        """Where they belong."""
        membership = getattr(user, "membership", None)
        return membership.organisation.name if membership else ""

    @admin.display(ordering="membership__role")
    def role(self, user: User) -> str:
        """What they are there."""
        membership = getattr(user, "membership", None)
        return membership.get_role_display() if membership else ""

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """By `update_profile`, with a fresh row to compare with."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        user = User.objects.get(pk=obj.pk)
        update_profile(actor=person(request), user=user, changes=changes)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """By `set_business_role`."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for row in formset.forms:
            if not row.has_changed():
                continue
            membership = set_business_role(
                actor=person(request),
                user=form.instance,
                organisation=row.cleaned_data["organisation"],
                role=row.cleaned_data["role"],
            )
            formset.changed_objects.append((membership, row.changed_data))

    @admin.action(description="Confirm the address: its owner was asked another way")
    def confirm(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """By `confirm_address`."""
        self.act_on_each(
            request,
            queryset,
            lambda user: confirm_address(actor=person(request), user=user),
            "confirmed",
        )

    @admin.action(description="Deactivate: they cannot sign in any more")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """By `deactivate_person`."""
        self.act_on_each(
            request,
            queryset,
            lambda user: deactivate_person(actor=person(request), user=user),
            "deactivated",
        )

    @admin.action(description="Activate: they can sign in again")
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """By `activate_person`."""
        self.act_on_each(
            request,
            queryset,
            lambda user: activate_person(actor=person(request), user=user),
            "activated",
        )


class MembersInline(ReadOnlyInline):
    """Who belongs to an organisation; roles are changed on the person's page."""

    model = Membership
    fields = ["user", "role", "created_at"]
    readonly_fields = ["user", "role", "created_at"]
    show_change_link = False


@admin.register(Organisation)
class OrganisationAdmin(PersonalAdmin, ActionAdmin):
    """Clients' organisations and the consultants' own."""

    list_display = ["name", "is_internal", "number_of_people", "created_at"]
    list_filter = ["is_internal"]
    search_fields = ["name"]
    date_hierarchy = "created_at"
    ordering = ["name"]
    inlines = [MembersInline]
    fields = ["name", "is_internal"]

    def subject_of(self, row: Organisation) -> Subject:
        """Itself."""
        return organisation_subject(row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organisation]:
        """With the number of people, in the same query."""
        organisations: QuerySet[Organisation] = super().get_queryset(request)
        return organisations.annotate(people=Count("memberships"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Internal or not is decided once: the roles of its people hang on it."""
        return ["is_internal"] if obj else []

    @admin.display(description="people", ordering="people")
    def number_of_people(self, organisation: Any) -> int:
        """How many belong to it."""
        return int(organisation.people)

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: bool) -> None:
        """By `add_organisation` or `rename_organisation`."""
        if change:
            rename_organisation(actor=person(request), organisation=obj, name=obj.name)
        else:
            made = add_organisation(
                actor=person(request), name=obj.name, is_internal=obj.is_internal
            )
            obj.pk = made.pk

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """The people are only shown."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []


@admin.register(Membership)
class MembershipAdmin(OfPersonAdmin, ReadOnlyAdmin):
    """Who belongs where; changed on the person's page."""

    list_display = ["user", "organisation", "role", "created_at"]
    list_filter = ["role", "organisation"]
    list_select_related = ["user", "organisation"]
    search_fields = ["user__email", "user__name", "organisation__name"]
    date_hierarchy = "created_at"
    ordering = ["organisation__name", "user__email"]


@admin.register(OrganisationInvitation)
class OrganisationInvitationAdmin(PersonalAdmin, ReadOnlyAdmin):
    """Invitations by e-mail; made, sent again and revoked on the organisation's page."""

    list_display = ["email", "organisation", "role", "invited_by", "created_at", "status"]
    list_filter = [
        "role",
        ("accepted_at", admin.EmptyFieldListFilter),
        ("revoked_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["organisation", "invited_by"]
    search_fields = ["email", "invited_by__email", "organisation__name"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    exclude = ["nonce"]

    def subject_of(self, row: OrganisationInvitation) -> Subject:
        """The organisation."""
        return organisation_subject(row.organisation)


# Loaded here, or they would register their own pages after ours.
import_module("django.contrib.auth.admin")
import_module("allauth.account.admin")
import_module("allauth.mfa.admin")
import_module("allauth.socialaccount.admin")
import_module("allauth.usersessions.admin")
admin.site.unregister([SocialAccount, SocialApp, SocialToken])
admin.site.unregister([Authenticator, EmailAddress, Group, UserSession])


@admin.register(EmailAddress)
class AddressAdmin(OfPersonAdmin, ReadOnlyAdmin):
    """Addresses and whether they are confirmed. People change their own on their profile."""

    list_display = ["email", "user", "verified", "primary"]
    list_filter = ["verified", "primary"]
    list_select_related = ["user"]
    search_fields = ["email", "user__name"]
    ordering = ["email"]


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """The business roles; what each may do stands in `accounts.permissions`."""

    list_display = ["name"]
    search_fields = ["name"]
    ordering = ["name"]


@admin.register(ApiToken)
class ApiTokenAdmin(OfPersonAdmin, ReadOnlyAdmin):
    """Whose API tokens there are. Made by their owners or `create_token`; digests are not shown."""

    list_display = ["user", "scope", "created", "expiry", "last_used_at"]
    list_filter = ["scope"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name", "=token_key"]
    date_hierarchy = "created"
    ordering = ["-created"]
    fields = ["name", "user", "scope", "token_key", "created", "expiry", "last_used_at"]
    actions = ["revoke"]

    @admin.action(description="Revoke: programs cannot use it any more")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """By `revoke_token`."""
        self.act_on_each(
            request,
            queryset.select_related("user"),
            lambda token: revoke_token(actor=person(request), token=token),
            "revoked",
        )


@admin.register(KnownDevice)
class KnownDeviceAdmin(OfPersonAdmin, ReadOnlyAdmin):
    """With how many browsers and programs people have signed in, by when; the marks are secret."""

    list_display = ["user", "first_seen_at", "last_seen_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    date_hierarchy = "last_seen_at"
    ordering = ["-last_seen_at"]
    fields = ["user", "first_seen_at", "last_seen_at"]


@admin.register(UserSession)
class SessionAdmin(OfPersonAdmin, ReadOnlyAdmin):
    """Where people are signed in by a browser. The keys, which would let one in, are not shown."""

    list_display = ["user", "created_at", "last_seen_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    date_hierarchy = "last_seen_at"
    ordering = ["-last_seen_at"]
    fields = ["user", "device", "user_agent", "ip", "created_at", "last_seen_at"]
    actions = ["end"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UserSession]:
        """Those that go on."""
        return live_sessions().select_related("user")

    @admin.display
    def device(self, session: UserSession) -> str:
        """The program, as people call it."""
        return device_of(session.user_agent).name

    @admin.action(description="Sign out there")
    def end(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        """By `end_session`."""
        self.act_on_each(
            request,
            queryset,
            lambda session: end_session(actor=person(request), session=session),
            "signed out",
        )


@admin.register(Authenticator)
class SecondFactorAdmin(OfPersonAdmin, ReadOnlyAdmin):
    """Who signs in with what beside the password. Secrets and keys are not shown."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    fields = ["user", "type", "created_at", "last_used_at"]


@admin.register(SocialAccount)
class ProviderAccountAdmin(OfPersonAdmin, ReadOnlyAdmin):
    """Who signs in with an account at Google or Microsoft. Connected by people themselves."""

    list_display = ["user", "provider", "date_joined", "last_login"]
    list_filter = ["provider"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    date_hierarchy = "date_joined"
    ordering = ["-date_joined"]
    fields = ["user", "provider", "date_joined", "last_login"]
