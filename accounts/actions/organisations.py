"""Organisations and the roles of their people."""

from django.db import transaction

from accounts import permissions
from accounts.events import (
    BusinessRoleChanged,
    MemberRemoved,
    MemberRoleChanged,
    OrganisationAdded,
    OrganisationRenamed,
)
from accounts.models import BusinessRole, Membership, Organisation, User
from accounts.models.organisation import INTERNAL_ROLES
from accounts.queries import is_last_administrator
from core.errors import ActionError, Conflict
from core.events import DomainEvent, StreamKey
from core.permissions import require
from core.publish import record


class WrongRole(ActionError):
    """A role that this organisation does not have."""

    code = "wrong_role"


class GuestBelongsNowhere(Conflict):
    """A guest has no account of their own yet, so no role in the business."""

    code = "guest_belongs_nowhere"
    detail = "This person is a guest. They can join an organisation once they keep their account."


class InvalidOrganisation(ActionError):
    """A name that an organisation cannot have."""


class LastAdministrator(Conflict):
    """An organisation would be left without anybody who can invite."""

    code = "last_administrator"
    detail = "An organisation needs an administrator. Make somebody else one first."


class OrganisationExists(Conflict):
    """Two organisations would have one name."""

    detail = "There is an organisation with this name. Choose another name."


@transaction.atomic
def add_organisation(*, actor: User, name: str, is_internal: bool = False) -> Organisation:
    """Make an organisation. Records `OrganisationAdded`.

    Raises `NotAllowed`, `InvalidOrganisation`, `OrganisationExists`.
    """
    require(actor, "accounts.manage_all_users")
    name = _free_name(name)
    organisation = Organisation.objects.create(name=name, is_internal=is_internal)
    record(
        OrganisationAdded(organisation_id=organisation.pk, name=name),
        stream=StreamKey("organisation", organisation.pk),
        actor=actor,
    )
    return organisation


@transaction.atomic
def rename_organisation(*, actor: User, organisation: Organisation, name: str) -> Organisation:
    """Give an organisation another name. Records `OrganisationRenamed` unless it is the same.

    Raises `NotAllowed`, `InvalidOrganisation`, `OrganisationExists`.
    """
    require(actor, "accounts.manage_all_users")
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if name.strip() == organisation.name:
        return organisation
    organisation.name = _free_name(name, besides=organisation)
    organisation.save(update_fields=["name"])
    record(
        OrganisationRenamed(organisation_id=organisation.pk, name=organisation.name),
        stream=StreamKey("organisation", organisation.pk),
        actor=actor,
    )
    return organisation


@transaction.atomic
def set_business_role(
    *, actor: User, user: User, organisation: Organisation, role: str
) -> Membership:
    """Make somebody a member of an organisation, or change their role or organisation.

    Their groups follow in the same transaction. Records `BusinessRoleChanged` unless it is so
    already, and with the organisation that loses or keeps them `MemberRemoved` or
    `MemberRoleChanged`; raises `GuestBelongsNowhere`, `LastAdministrator`, and
    `WrongRole` when an internal role is asked for a client's organisation or the reverse.
    """
    require(actor, "accounts.manage_all_users")
    if role not in BusinessRole.values:
        raise WrongRole(f"There is no role {role!r}.", field="role")
    if (role in INTERNAL_ROLES) != organisation.is_internal:
        kind = "the consultants' own organisation" if role in INTERNAL_ROLES else "a client's"
        raise WrongRole(f"The role {BusinessRole(role).label} exists in {kind} only.", field="role")
    if user.is_guest:
        raise GuestBelongsNowhere
    present = Membership.objects.filter(user=user).select_related("organisation").first()
    if present is not None:
        if (present.organisation_id, present.role) == (organisation.pk, role):
            return present
        _leave_role(actor, present, organisation, role)
    membership, _ = Membership.objects.update_or_create(
        user=user, defaults={"organisation": organisation, "role": role}
    )
    permissions.assign_role(user, role)
    record(
        BusinessRoleChanged(user_id=user.pk, organisation_id=organisation.pk, role=role),
        stream=user.stream,
        actor=actor,
    )
    return membership


def _leave_role(actor: User, present: Membership, organisation: Organisation, role: str) -> None:
    """Tell the organisation that somebody leaves it or has another role there."""
    former = Organisation.objects.select_for_update().get(pk=present.organisation_id)
    if is_last_administrator(present):
        raise LastAdministrator
    event: DomainEvent = MemberRemoved(user_id=present.user_id)
    if former == organisation:
        event = MemberRoleChanged(user_id=present.user_id, role=role)
    record(event, stream=former.stream, actor=actor)


def _free_name(name: str, besides: Organisation | None = None) -> str:
    name = name.strip()
    limit = Organisation._meta.get_field("name").max_length or 0
    if not 1 <= len(name) <= limit:
        raise InvalidOrganisation(f"A name has 1 to {limit} characters.", field="name")
    taken = Organisation.objects.filter(name__iexact=name)
    if besides is not None:
        taken = taken.exclude(pk=besides.pk)
    if taken.exists():
        raise OrganisationExists(field="name")
    return name
