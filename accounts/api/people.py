"""Signing in, up and out, and the profile."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import (
    consume_email_verification_rate_limit,
)
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from django.contrib.auth import logout
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.people import AddressTaken, update_profile
from accounts.actions.registration import register
from accounts.actions.tokens import AddressNotConfirmed, revoke_token, sign_in_with_token
from accounts.forms import SecondStepForm
from accounts.limits import refused
from accounts.models import User
from accounts.queries import ACCOUNTS, everybody, own_address, people
from accounts.serializers import (
    AccountQuery,
    AccountSerializer,
    HealthSerializer,
    ProfileChangeSerializer,
    SessionSerializer,
    SignedInSerializer,
    SignedUpSerializer,
    SignInSerializer,
    SignUpSerializer,
    UserSerializer,
)
from audit.api import REASON, LookingView
from core.api.schema import CURSOR, LIMIT, listing, operation
from core.api.views import AdminApiView, ApiView
from core.errors import ActionError
from core.permissions import has_second_factor, require
from core.queries import errand_counts
from core.views import health


class WrongCredentials(ActionError):
    """No account with this address, or another password: nobody is told which."""

    status = 401
    code = "wrong_credentials"
    detail = "The address or the password is not right."


class WrongCode(ActionError):
    """Neither the present code of the person's app nor an unused recovery code."""

    status = 401
    code = "wrong_code"
    detail = "That code is not right, or was used before. Send a fresh one."


class PublicView(ApiView):
    """For people who are not signed in. No cookie is read, so no other site's page can use it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class SignIn(PublicView):
    """An address and a password become a token."""

    @operation(
        "auth_signin", SignedInSerializer, body=SignInSerializer, public=True, refuses=[401, 403]
    )
    def post(self, request: Request) -> Response:
        """Get a token. 401 `wrong_credentials`, `second_factor_needed` or `wrong_code`, 403
        `address_not_confirmed` or `second_factor_required`, 429."""
        fields = self.body(SignInSerializer)
        person = _authenticate(request._request, fields["email"].lower(), fields["password"])
        factor = _second_factor(person, fields["code"]) if "code" in fields else None
        try:
            token, row = sign_in_with_token(actor=person, factor=factor)
        except AddressNotConfirmed:
            _send_confirmation(request._request, own_address(person))
            raise
        answer = {"token": token, "expiry": row.expiry, "user": people().get(pk=person.pk)}
        return Response(SignedInSerializer(answer, context={"request": request}).data)


class SignUp(PublicView):
    """An account that waits for its address to be confirmed."""

    @operation("auth_signup", SignedUpSerializer, body=SignUpSerializer, status=201, public=True)
    def post(self, request: Request) -> Response:
        """Make an account. We send a mail to confirm the address; who has an account gets
        another mail and the same answer. A password that is too weak is a 400 whose
        `errors.password` says why and what to do, as in `["This is a top-10 common password. Add
        another word or two. Uncommon words are better."]`."""
        fields = self.body(SignUpSerializer)
        if not ratelimit.consume(request._request, action="signup"):
            raise refused(request._request, "signup")
        try:
            address = register(actor=User.objects.system(), **fields)
        except AddressTaken:
            make_password(fields["password"])  # as long as making an account takes
            _send_notice(request._request, fields["email"])
        else:
            _send_confirmation(request._request, address)
        detail = "We have sent you a mail. Follow its link to confirm the address, then sign in."
        return Response({"email": fields["email"], "detail": detail}, status=201)


class SignOut(ApiView):
    """The token used, or the session, ends."""

    open_to_read_tokens = True

    @operation("auth_signout", status=204)
    def post(self, request: Request) -> Response:
        """Sign out."""
        token: Any = request.auth
        if token is not None:
            revoke_token(actor=self.person, token=token)
        else:
            logout(request._request)
        return Response(status=204)


class Session(ApiView):
    """Who is signed in."""

    @operation("auth_session", SessionSerializer)
    def get(self, request: Request) -> Response:
        """Who am I? 401 to nobody."""
        me = people().get(pk=self.person.pk)
        return Response(SessionSerializer({"user": me}, context={"request": request}).data)


class Profile(ApiView):
    """One's own profile."""

    @operation("profile_read", UserSerializer)
    def get(self, request: Request) -> Response:
        """Your profile."""
        return self._answer()

    @operation("profile_change", UserSerializer, body=ProfileChangeSerializer)
    def patch(self, request: Request) -> Response:
        """Change your name, time zone or language."""
        changes = self.body(ProfileChangeSerializer)
        update_profile(actor=self.person, user=self.person, changes=changes)
        return self._answer()

    def _answer(self) -> Response:
        me = people().get(pk=self.person.pk)
        return Response(UserSerializer(me, context={"request": self.request}).data)


def _authenticate(request: HttpRequest, email: str, password: str) -> User:
    """Whose password it is; raises `WrongCredentials`, `RateLimited`.

    allauth counts failures, the same as at the sign-in page, and takes as long for an unknown
    address as for a wrong password.
    """
    person: Any = get_adapter().authenticate(request, email=email, password=password)
    if not isinstance(person, User) or not person.is_active:
        raise WrongCredentials
    return person


def _second_factor(person: User, code: str) -> Authenticator | None:
    """Whose code it is; None for who has no second factor. Raises as `_authenticate` does.

    allauth counts the attempts, the same as at the second step of the sign-in page.
    """
    if not has_second_factor(person):
        return None
    form = SecondStepForm(user=person, data={"code": code})
    if form.is_valid():
        factor: Authenticator = form.authenticator
        return factor
    raise WrongCode


def _send_confirmation(request: HttpRequest, address: EmailAddress | None) -> None:
    """allauth's mail with the link, at most once in three minutes."""
    if address is not None and consume_email_verification_rate_limit(request, address.email):
        address.send_confirmation(request, signup=True)


def _send_notice(request: HttpRequest, email: str) -> None:
    """allauth's mail to who signs up a second time, under the same limit."""
    if consume_email_verification_rate_limit(request, email):
        get_adapter().send_account_already_exists_mail(email)


class Accounts(LookingView):
    """Everybody who has an account."""

    @listing(
        "admin_users_list",
        AccountSerializer,
        parameters=[AccountQuery, REASON, CURSOR, LIMIT],
        refuses=[403],
    )
    def get(self, request: Request) -> Response:
        """By address. Needs the permission `accounts.manage_all_users`."""
        require(self.person, ACCOUNTS.permission)
        found = everybody(self.query(AccountQuery).get("q", ""))
        return self.page(found, self._present, ordering=("email", "pk"))

    def _present(self, rows: Any) -> Any:
        whole = self.shows_all(ACCOUNTS, [row.pk for row in rows])
        context = {"request": self.request, "shows_all": whole}
        return AccountSerializer(rows, many=True, context=context).data


class SystemHealth(AdminApiView):
    """How each part of the system is."""

    @operation("admin_system_health", HealthSerializer, refuses=[403])
    def get(self, request: Request) -> Response:
        """The same as `/healthz`, always 200, and how much background work waits or was given up.

        Needs the permission `accounts.manage_system`.
        """
        require(self.person, "accounts.manage_system")
        return Response(health() | {"errands": errand_counts()})
