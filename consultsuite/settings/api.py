"""The HTTP API, its tokens and its schema."""

from datetime import timedelta

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "core.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "core.api.scopes.WithinScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api.negotiation.Negotiation",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "core.api.pages.CursorPagination",
    "DEFAULT_THROTTLE_CLASSES": ["core.api.limits.Limit"],
    "EXCEPTION_HANDLER": "core.api.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "DATETIME_FORMAT": "iso-8601",
}
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105 - a model
REST_KNOX = {
    "SECURE_HASH_ALGORITHM": "hashlib.sha512",
    "AUTH_TOKEN_CHARACTER_LENGTH": 64,
    "TOKEN_TTL": timedelta(days=30),
    "USER_SERIALIZER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Consult Suite",
    "DESCRIPTION": "Consultations between consultants and their clients.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    # Without the badge that sends the schema to another site.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api",
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "BusinessRole": "accounts.models.BusinessRole",
        "ContactRequestStatus": "messaging.models.RequestStatus",
        "ConversationCategory": "messaging.models.Category",
        "ConversationKind": "messaging.models.ConversationKind",
        "ConversationPriority": "messaging.models.Priority",
        "FileStatus": "files.models.Status",
        "InvitationStatus": "accounts.serializers.INVITATION_STATUSES",
        "MeetingPlace": "messaging.models.MeetingPlace",
        "MemberRole": "messaging.models.MemberRole",
        "MessageType": "messaging.models.MessageType",
        "ParticipantRole": "rooms.models.Role",
        "RoomMode": "rooms.models.Mode",
        "RoomStatus": "rooms.models.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api.schema.add_problems",
    ],
}
