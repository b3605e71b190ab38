"""Writing and comparing grants: for the permissions.py of an app, and for nothing else.

``grants`` is a guardian permission model with a direct foreign key ``content_object``.
"""

from collections.abc import Mapping, Set
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Model

Holding = tuple[UUID, UUID]
"""Id of an object, id of a person."""


def set_grants(grants: type[Model], obj: Model, user_id: UUID, codenames: Set[str]) -> None:
    """Make the person's permissions on the object exactly these."""
    held = grants._default_manager.filter(content_object=obj, user_id=user_id)
    held.exclude(permission__codename__in=codenames).delete()
    permissions = Permission.objects.filter(
        content_type__app_label=obj._meta.app_label,
        content_type__model=obj._meta.model_name,
        codename__in=codenames,
    )
    grants._default_manager.bulk_create(
        [
            grants(content_object=obj, user_id=user_id, permission=permission)
            for permission in permissions
        ],
        ignore_conflicts=True,
    )


def differences(grants: type[Model], expected: Mapping[Holding, Set[str]]) -> list[str]:
    """One line for each object and person whose grants are not those that are expected."""
    held: dict[Holding, set[str]] = {}
    rows: Any = grants._default_manager.values_list(
        "content_object_id", "user_id", "permission__codename"
    )
    for object_id, user_id, codename in rows.iterator():
        held.setdefault((object_id, user_id), set()).add(codename)
    title = grants._meta.get_field("content_object").related_model._meta.verbose_name  # type: ignore[union-attr]
    return [
        f"{title} {object_id}, person {user_id}: holds {sorted(held.get(key, ()))}, "
        f"role gives {sorted(expected.get(key, ()))}"
        for key in sorted(held.keys() | expected.keys(), key=str)
        for object_id, user_id in [key]
        if held.get(key, set()) != expected.get(key, set())
    ]
