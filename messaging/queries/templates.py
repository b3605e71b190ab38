"""Templates for replies: whose there are, and who manages the shared ones."""

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import Organisation, User
from core.permissions import has_permission
from messaging.models import ReplyTemplate

SHARE = "messaging.share_replytemplate"


def own_templates(user: User) -> QuerySet[ReplyTemplate]:
    """One's own, by title."""
    return ReplyTemplate.objects.filter(owner=user).order_by(Lower("title"), "pk")


def shared_templates(user: User) -> QuerySet[ReplyTemplate]:
    """Those that one's organisation shares, by title."""
    visible = ReplyTemplate.objects.visible_to(user).filter(organisation__isnull=False)
    return visible.order_by(Lower("title"), "pk")


def usable_templates(user: User) -> QuerySet[ReplyTemplate]:
    """All of these, by title; there are at most twice `MAX_TEMPLATES`."""
    return ReplyTemplate.objects.visible_to(user).order_by(Lower("title"), "pk")


def sharing_organisation(user: User) -> Organisation | None:
    """The organisation whose shared templates the person manages."""
    membership = getattr(user, "membership", None)
    if membership is None or not has_permission(user, SHARE):
        return None
    organisation: Organisation = membership.organisation
    return organisation


def managed_templates(user: User) -> QuerySet[ReplyTemplate]:
    """Those that the person may change."""
    organisation = sharing_organisation(user)
    visible = ReplyTemplate.objects.visible_to(user)
    return visible.filter(Q(owner=user) | Q(organisation=organisation, organisation__isnull=False))
