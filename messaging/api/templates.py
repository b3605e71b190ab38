"""Templates for replies over HTTP."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import listing, operation
from core.api.views import ApiView
from core.errors import NotAllowed
from messaging.actions.templates import change_template, delete_template, make_template
from messaging.models import ReplyTemplate
from messaging.queries.conversations import visible_conversation
from messaging.queries.templates import sharing_organisation
from messaging.serializers.templates import (
    ChangeReplyTemplateSerializer,
    FilledQuery,
    FilledSerializer,
    MakeReplyTemplateSerializer,
    ReplyTemplateSerializer,
)
from messaging.variables import fill


class ReplyTemplates(ApiView):
    """One's own and the organisation's."""

    @listing("reply_templates_list", ReplyTemplateSerializer)
    def get(self, request: Request) -> Response:
        """The templates that you may use, newest first."""
        rows = ReplyTemplate.objects.visible_to(self.person)
        return self.page(rows, lambda page: ReplyTemplateSerializer(page, many=True).data)

    @operation(
        "reply_templates_make", ReplyTemplateSerializer, body=MakeReplyTemplateSerializer,
        status=201, creates=True, refuses=[409],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Keep a reply, for yourself or (who manages your organisation's templates) to share."""
        return self.once(self._make, again=self._shown)

    def _make(self) -> Response:
        fields = self.body(MakeReplyTemplateSerializer)
        organisation = None
        if fields.pop("is_shared", False):
            organisation = sharing_organisation(self.person)
            if organisation is None:
                raise NotAllowed
        template = make_template(actor=self.person, organisation=organisation, **fields)
        template.refresh_from_db()
        return Response(ReplyTemplateSerializer(template).data, status=201)

    def _shown(self, template_id: str) -> Any:
        rows = ReplyTemplate.objects.visible_to(self.person)
        return ReplyTemplateSerializer(get_object_or_404(rows, pk=template_id)).data


class ReplyTemplateView(ApiView):
    """A view of one template."""

    def template(self, template_id: UUID) -> ReplyTemplate:
        """One that the person may use; raises `Http404`."""
        return get_object_or_404(ReplyTemplate.objects.visible_to(self.person), pk=template_id)


class ReplyTemplateDetail(ReplyTemplateView):
    """One template."""

    @operation("reply_templates_read", ReplyTemplateSerializer)
    def get(self, request: Request, template_id: UUID) -> Response:
        """A template as it is kept, with its variables in braces."""
        return Response(ReplyTemplateSerializer(self.template(template_id)).data)

    @operation(
        "reply_templates_change", ReplyTemplateSerializer, body=ChangeReplyTemplateSerializer
    )
    def patch(self, request: Request, template_id: UUID) -> Response:
        """Give a template other words; what is left out stays."""
        template = self.template(template_id)
        words = {"title": template.title, "shortcut": template.shortcut, "body": template.body}
        words |= self.body(ChangeReplyTemplateSerializer)
        change_template(actor=self.person, template=template, **words)
        return Response(ReplyTemplateSerializer(template).data)

    @operation("reply_templates_delete", status=204)
    def delete(self, request: Request, template_id: UUID) -> Response:
        """Delete a template. Messages that were written with it stay."""
        delete_template(actor=self.person, template=self.template(template_id))
        return Response(status=204)


class ReplyTemplateFilled(ReplyTemplateView):
    """A template filled in."""

    @operation("reply_templates_fill", FilledSerializer, parameters=[FilledQuery])
    def get(self, request: Request, template_id: UUID) -> Response:
        """A template's words for a conversation. What is not known stays in its braces."""
        template = self.template(template_id)
        conversation = visible_conversation(self.person, self.query(FilledQuery)["conversation"])
        filled = fill(template.body, actor=self.person, conversation=conversation)
        return Response({"text": filled.text, "missing": filled.missing})
