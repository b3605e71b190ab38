"""The JSON types of a body, before its values are read.

DRF's fields take a number for a string, "yes" for true, 5 for a UUID: what the schema promises to
refuse would be stored as something else.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

TYPES: list[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...], str]] = [
    (serializers.BooleanField, (bool,), "Must be true or false."),
    (serializers.IntegerField, (int, float), "A valid integer is required."),
    (serializers.CharField, (str,), "Not a valid string."),
    (serializers.UUIDField, (str,), "Must be a valid UUID."),
]
"""Field, its JSON types, what is said of others. DRF itself refuses the fractions among floats."""


def wrong_types(serializer: Any, body: Any) -> dict[str, list[str]]:
    """Field -> sentences for the values whose JSON type is not their field's."""
    if not isinstance(body, Mapping):
        return {}  # refused as a whole
    said = {
        name: _said_of(field, body[name])
        for name, field in serializer.fields.items()
        if body.get(name) is not None  # null is each field's own matter
    }
    return {name: [sentence] for name, sentence in said.items() if sentence}


def _said_of(field: Any, value: Any) -> str:
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next(filter(None, (_said_of(field.child, item) for item in value)), "")
    if isinstance(field, serializers.RelatedField):  # looked up as it comes
        return "" if _is_text(value) else "Not a valid string."
    for kind, types, sentence in TYPES:
        if isinstance(field, kind):
            return "" if type(value) in types else sentence
    return ""


def _is_text(value: Any) -> bool:
    """Whether it is a string that a database can be asked for: no NUL, no lone surrogate."""
    return (
        isinstance(value, str)
        and "\0" not in value
        and value == value.encode(errors="ignore").decode()
    )
