"""Templates for replies are made, changed and deleted."""

import re
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Organisation, User
from core.errors import ActionError, Conflict, NotAllowed
from core.permissions import require
from core.publish import record
from messaging.events import ReplyTemplateChanged, ReplyTemplateDeleted, ReplyTemplateMade
from messaging.models import ReplyTemplate
from messaging.models.template import MAX_SHORTCUT_CHARACTERS, MAX_TITLE_CHARACTERS
from messaging.queries.templates import SHARE
from messaging.words import clean_body, storable

MAX_TEMPLATES = 200
"""Of one person, and of one organisation: the list that `/` opens holds them all."""

_SHORTCUT = re.compile(rf"[\w-]{{0,{MAX_SHORTCUT_CHARACTERS}}}")


class InvalidTemplate(ActionError):
    """A title or shortcut that a template cannot have."""

    code = "invalid_template"


class ShortcutTaken(Conflict):
    """Two templates would have one shortcut."""

    code = "shortcut_taken"
    detail = "Another of these templates has this shortcut. Choose another one."


class TooManyTemplates(Conflict):
    """There is no room for more."""

    code = "too_many_templates"
    detail = f"There are {MAX_TEMPLATES} templates here already. Delete one that is not used."


@transaction.atomic
def make_template(
    *,
    actor: User,
    title: str,
    body: str,
    shortcut: str = "",
    organisation: Organisation | None = None,
) -> ReplyTemplate:
    """Keep a reply for oneself, or share it in one's organisation. Records `ReplyTemplateMade`.

    Raises `NotAllowed`, `InvalidTemplate`, `EmptyMessage`, `MessageTooLong`, `ShortcutTaken`,
    `TooManyTemplates`.
    """
    template = ReplyTemplate(
        owner=actor if organisation is None else None, organisation=organisation
    )
    _require_managing(actor, template)
    _fill(template, title=title, shortcut=shortcut, body=body)
    record(ReplyTemplateMade(template_id=template.pk), stream=template.stream, actor=actor)
    if _beside(template).count() >= MAX_TEMPLATES:  # under the stream's lock, so never one more
        raise TooManyTemplates
    _store(template)
    return template


@transaction.atomic
def change_template(
    *, actor: User, template: ReplyTemplate, title: str, body: str, shortcut: str
) -> ReplyTemplate:
    """Give a template other words. Records `ReplyTemplateChanged` unless nothing changes.

    Raises `NotAllowed`, `InvalidTemplate`, `EmptyMessage`, `MessageTooLong`, `ShortcutTaken`.
    """
    _require_managing(actor, template)
    before = (template.title, template.shortcut, template.body)
    _fill(template, title=title, shortcut=shortcut, body=body)
    if before == (template.title, template.shortcut, template.body):
        return template
    record(ReplyTemplateChanged(template_id=template.pk), stream=template.stream, actor=actor)
    template.changed_at = timezone.now()
    _store(template)
    return template


@transaction.atomic
def delete_template(*, actor: User, template: ReplyTemplate) -> None:
    """Delete a template; messages that were written with it stay. Records `ReplyTemplateDeleted`.

    Raises `NotAllowed`.
    """
    _require_managing(actor, template)
    gone: UUID = template.pk
    record(ReplyTemplateDeleted(template_id=gone), stream=template.stream, actor=actor)
    ReplyTemplate.objects.filter(pk=gone).delete()


def _require_managing(actor: User, template: ReplyTemplate) -> None:
    """One's own are one's own; the organisation's need the permission, and belonging to it."""
    if template.organisation_id is None:
        if template.owner_id != actor.pk or not actor.is_active:
            raise NotAllowed
        return
    require(actor, SHARE)
    membership = getattr(actor, "membership", None)
    if membership is None or membership.organisation_id != template.organisation_id:
        raise NotAllowed


def _fill(template: ReplyTemplate, *, title: str, shortcut: str, body: str) -> None:
    template.title = _title(title)
    template.shortcut = shortcut.strip().removeprefix("/")
    if not _SHORTCUT.fullmatch(template.shortcut):
        words = f"At most {MAX_SHORTCUT_CHARACTERS} letters, digits, hyphens and underscores."
        raise InvalidTemplate(words, field="shortcut")
    template.body = clean_body(body)


def _title(title: str) -> str:
    if len(title) > MAX_TITLE_CHARACTERS:
        words = f"A title has at most {MAX_TITLE_CHARACTERS} characters."
        raise InvalidTemplate(words, field="title")
    title = " ".join(storable(title).split())
    if not title:
        raise InvalidTemplate("Give the template a title.", field="title")
    return title


def _beside(template: ReplyTemplate) -> QuerySet[ReplyTemplate]:
    """All of its owner or organisation."""
    return ReplyTemplate.objects.filter(
        owner=template.owner_id, organisation=template.organisation_id
    )


def _store(template: ReplyTemplate) -> None:
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError:
        raise ShortcutTaken(field="shortcut") from None
