"""Whom one may write to over HTTP, and asking a consultant."""

from typing import ClassVar
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import CURSOR, LIMIT, listing, operation
from core.api.views import ApiView
from messaging.actions.contacts import (
    accept_contact,
    decline_contact,
    request_contact,
    withdraw_contact,
)
from messaging.fragments import person_resource, request_resource
from messaging.models import ContactRequest
from messaging.models.contact import ContactRequestQuerySet
from messaging.queries.contacts import named_like, people_seen_by, within_reach
from messaging.serializers.conversations import (
    AskContactSerializer,
    ContactRequestSerializer,
    ContactSerializer,
    ContactsQuery,
)


class Contacts(ApiView):
    """Whom one may write to, or ask."""

    @listing("contacts_list", ContactSerializer, parameters=[ContactsQuery, CURSOR, LIMIT])
    def get(self, request: Request) -> Response:
        """By name: people you may write to, and consultants whom you may ask."""
        text = self.query(ContactsQuery).get("q", "")
        if text:
            self.spend("search")
        return self.page(
            named_like(within_reach(self.person), text),
            lambda page: [person_resource(one) | {"may_write": one.may_write} for one in page],
            ordering=("name", "pk"),
        )


class ContactRequests(ApiView):
    """Requests for a conversation, made and received."""

    limits: ClassVar = {"POST": "contact"}

    @listing("contact_requests_list", ContactRequestSerializer)
    def get(self, request: Request) -> Response:
        """Those that you made or are asked by, newest first."""
        return self.page(
            _with_people(self), lambda page: [request_resource(asked) for asked in page]
        )

    @operation(
        "contact_requests_make", ContactRequestSerializer, body=AskContactSerializer,
        status=201, creates=True, refuses=[404, 409],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Ask a consultant for a conversation. 409 while one waits or was declined lately."""
        return self.once(self._ask)

    def _ask(self) -> Response:
        fields = self.body(AskContactSerializer)
        consultant = get_object_or_404(people_seen_by(self.person), pk=fields["consultant"])
        made = request_contact(actor=self.person, consultant=consultant, note=fields["note"])
        return Response(request_resource(_with_people(self).get(pk=made.pk)), status=201)


class ContactRequestAnswer(ApiView):
    """Base of what closes a request."""

    def load(self, request_id: UUID) -> ContactRequest:
        """The request; raises `Http404`."""
        return get_object_or_404(_with_people(self), pk=request_id)

    def answer(self, request_id: UUID) -> Response:
        """The request as it stands now."""
        return Response(request_resource(self.load(request_id)))


class AcceptContact(ContactRequestAnswer):
    """Agreeing."""

    @operation("contact_requests_accept", ContactRequestSerializer)
    def post(self, request: Request, request_id: UUID) -> Response:
        """Agree to a conversation, which opens. For the consultant who was asked."""
        accept_contact(actor=self.person, request=self.load(request_id))
        return self.answer(request_id)


class DeclineContact(ContactRequestAnswer):
    """Declining."""

    @operation("contact_requests_decline", ContactRequestSerializer)
    def post(self, request: Request, request_id: UUID) -> Response:
        """Decline a conversation. For the consultant who was asked."""
        decline_contact(actor=self.person, request=self.load(request_id))
        return self.answer(request_id)


class WithdrawContact(ContactRequestAnswer):
    """Asking no longer."""

    @operation("contact_requests_withdraw", ContactRequestSerializer)
    def post(self, request: Request, request_id: UUID) -> Response:
        """Ask no longer. For who asked."""
        withdraw_contact(actor=self.person, request=self.load(request_id))
        return self.answer(request_id)


def _with_people(view: ApiView) -> ContactRequestQuerySet:
    return ContactRequest.objects.visible_to(view.person).select_related(
        "requester__membership__organisation", "consultant__membership__organisation"
    )
