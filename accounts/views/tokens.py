"""API tokens: the list, making one, revoking one."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries
from accounts.actions.tokens import create_api_token, revoke_token
from accounts.forms import ApiTokenForm
from accounts.permissions import may_administer
from core.errors import ActionError
from core.requests import person, show_refusal

PAGE_SIZE = 25
SENT = "token_forms"
"""In a session: the keys of the last forms that made a token."""
MAX_SENT = 20
MADE_ALREADY = (
    "That token was made already, and is shown only once. If you have not copied it, revoke it "
    "and make another."
)


@login_required
@require_safe
def token_list(request: HttpRequest) -> HttpResponse:
    """Every token that works."""
    tokens = queries.tokens_of(person(request))
    page = Paginator(tokens, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "previous": f"?page={page.number - 1}" if page.has_previous() else "",
        "next": f"?page={page.number + 1}" if page.has_next() else "",
    }
    return render(request, "accounts/tokens.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@reauthentication_required  # type: ignore[untyped-decorator] # allauth's
def create(request: HttpRequest) -> HttpResponse:
    """Make one. The token stands in this answer and nowhere else: no page shows it again.

    Not even the session, to be shown after a redirect. So that reloading the answer makes no
    second token, a form makes one once.
    """
    data = request.POST if request.method == "POST" else None
    form = ApiTokenForm(data, administers=may_administer(person(request)))
    if request.method == "POST" and form.is_valid():
        me = person(request)
        key = str(form.cleaned_data.pop("key"))
        sent = request.session.get(SENT, [])
        if key in sent:
            messages.warning(request, MADE_ALREADY)
            return redirect("accounts:tokens")
        try:
            token, row = create_api_token(actor=me, user=me, **form.cleaned_data)
        except ActionError as error:
            show_refusal(form, error)
        else:
            request.session[SENT] = [*sent, key][-MAX_SENT:]
            context = {"token": token, "row": row}
            return render(request, "accounts/token_made.html", context, status=201)
    status = 422 if form.errors else 200
    return render(request, "accounts/token_form.html", {"form": form}, status=status)


@login_required
@require_POST
def revoke(request: HttpRequest, token_id: str) -> HttpResponse:
    """Make one useless."""
    token = get_object_or_404(queries.tokens_of(person(request)), pk=token_id)
    revoke_token(actor=person(request), token=token)
    messages.success(request, f"Revoked: {token.name}.")
    return redirect("accounts:tokens")
