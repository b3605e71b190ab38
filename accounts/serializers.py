"""People in the API."""

from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from rest_framework import serializers

from accounts.models import BusinessRole, User
from audit.serializers import PersonalSerializer
from core.serializers import UTCDateTimeField

INVITATION_STATUSES = ["waiting", "sent", "failed", "expired"]


class PersonSerializer(serializers.Serializer[User]):
    """Somebody, as others see them."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()


class OrganisationSerializer(serializers.Serializer[Any]):
    """Where somebody belongs."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class UserSerializer(PersonSerializer):
    """Yourself."""

    # Needs what accounts.queries.people loads.
    timezone = serializers.CharField()
    locale = serializers.ChoiceField(choices=settings.LANGUAGES)
    picture = serializers.ImageField(allow_null=True)
    role = serializers.ChoiceField(
        source="membership.role", choices=BusinessRole.choices, allow_null=True, default=None
    )
    organisation = OrganisationSerializer(
        source="membership.organisation", allow_null=True, default=None
    )


class SignInSerializer(serializers.Serializer[Any]):
    """An address and its password, and with two-step sign-in a code."""

    email = serializers.EmailField()
    password = serializers.CharField(trim_whitespace=False, max_length=4096)
    code = serializers.CharField(
        max_length=32,
        required=False,
        help_text="With two-step sign-in: what the authenticator app shows, or a recovery code.",
    )


class SignedInSerializer(serializers.Serializer[Any]):
    """A token for `Authorization: Token <token>`, and whose it is."""

    token = serializers.CharField()
    expiry = UTCDateTimeField(allow_null=True)
    user = UserSerializer()


class SessionSerializer(serializers.Serializer[Any]):
    """Who is signed in."""

    user = UserSerializer()


class SignUpSerializer(serializers.Serializer[Any]):
    """A new account."""

    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=150)
    password = serializers.CharField(
        trim_whitespace=False,
        max_length=4096,
        help_text="At least 8 characters, and hard to guess: zxcvbn gives it 3 of 4 or more, "
        "knowing name and address. Three or four uncommon words will do.",
    )

    def validate_email(self, email: str) -> str:
        """Addresses are kept in lower case."""
        return email.lower()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a weak password, before anybody looks whether the address is taken.

        Otherwise a weak one would tell.
        """
        try:
            validate_password(attrs["password"], User(email=attrs["email"], name=attrs["name"]))
        except ValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from None
        return attrs


class SignedUpSerializer(serializers.Serializer[Any]):
    """What happens next."""

    email = serializers.EmailField()
    detail = serializers.CharField()


class ProfileChangeSerializer(serializers.Serializer[Any]):
    """What a person may change about themselves; the picture is changed on the profile's page."""

    name = serializers.CharField(max_length=150, required=False)
    timezone = serializers.CharField(
        max_length=64, required=False, help_text="For example Europe/Copenhagen."
    )
    locale = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class AccountQuery(serializers.Serializer[Any]):
    """Whom to look for."""

    q = serializers.CharField(
        required=False, max_length=200, help_text="Part of a name or an address."
    )


class AccountSerializer(PersonalSerializer, UserSerializer):
    """Somebody's account, as those who run the system see it."""

    personal = ("timezone", "locale", "picture", "last_seen_at")

    is_active = serializers.BooleanField()
    is_staff = serializers.BooleanField()
    date_joined = UTCDateTimeField()
    last_seen_at = UTCDateTimeField(allow_null=True)


class ErrandCountsSerializer(serializers.Serializer[Any]):
    """Background work that is not done; at most 1,000 of each are counted."""

    waiting = serializers.IntegerField(help_text="Begun late: should have been done by now.")
    given_up = serializers.IntegerField(help_text="Failed for a day; the admin tries it again.")


class HealthSerializer(serializers.Serializer[Any]):
    """How the system is."""

    status = serializers.ChoiceField(choices=["ok", "down"])
    parts = serializers.DictField(child=serializers.CharField(), help_text="Each part's state.")
    errands = ErrandCountsSerializer()


class MemberSerializer(serializers.Serializer[Any]):
    """Somebody's place in an organisation."""

    user = PersonSerializer()
    role = serializers.ChoiceField(choices=BusinessRole.choices)
    created_at = UTCDateTimeField()


class MemberRoleSerializer(serializers.Serializer[Any]):
    """Another role."""

    role = serializers.ChoiceField(choices=BusinessRole.choices)


class InviteMemberSerializer(serializers.Serializer[Any]):
    """Somebody to invite."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=BusinessRole.choices, default=BusinessRole.CLIENT_USER)


class MemberInvitationSerializer(serializers.Serializer[Any]):
    """An open invitation. Its link is in the mail alone."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=BusinessRole.choices)
    status = serializers.ChoiceField(
        choices=INVITATION_STATUSES,
        help_text="waiting: the mail is still to be sent; failed: no mail server took it.",
    )
    invited_by = PersonSerializer()
    created_at = UTCDateTimeField()
    sent_at = UTCDateTimeField(allow_null=True)
    expires_at = UTCDateTimeField()
