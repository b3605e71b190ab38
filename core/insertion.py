"""Writing rows of which so many are written that building the SQL counts (core.rows).

Importable from actions only (held by import-linter): whoever writes, records.
"""

from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

from core.database import ask
from core.rows import Condition, Statement

ALWAYS = Condition("TRUE")
NOTHING = Statement("")


def insert(
    instance: Model,
    *,
    only_if: Condition = ALWAYS,
    also: Statement = NOTHING,
    asking: Statement = NOTHING,
) -> tuple[Any, ...] | None:
    """As `save(force_insert=True)` of a new instance whose key is its own, without signals.

    None, and nothing is stored, where ``only_if`` does not hold as the statement begins. ``also``
    writes something else with it, in the same statement, and finds the row as ``stored``. What
    ``asking`` names, expressions of SQL, is answered as it was when the statement began. What the
    database gives by default (``db_default``) it gives always; fields that would set their own
    value (``auto_now``) or keep a file do not.
    """
    sql, given, made = _insertion(type(instance), only_if.sql, also.sql, asking.sql)
    values = [
        field.get_db_prep_save(getattr(instance, field.attname), connection) for field in given
    ]
    row = ask(sql, [*values, *only_if.values, *also.values, *asking.values])
    if row is None:
        return None
    for field, value in zip(made, row[: len(made)], strict=True):
        setattr(instance, field.attname, value)
    instance._state.adding, instance._state.db = False, connection.alias
    return row[len(made) :]


@cache
def _insertion(
    model: type[Model], condition: str, also: str, asking: str
) -> tuple[str, list[Any], list[Any]]:
    """The SQL, the fields that it is given and those that it answers."""
    fields: list[Any] = list(model._meta.concrete_fields)
    given = [field for field in fields if not field.has_db_default()]
    made = [field for field in fields if field.has_db_default()] or [model._meta.pk]
    names, places = _listed(given), ", ".join(f"%s::{_type(field)}" for field in given)
    answered = ", ".join([_listed(made), *([asking] if asking else [])])
    sql = (
        f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {places} '
        f"WHERE {condition} RETURNING {_listed(made) if also else answered}"
    )
    if also:
        parts = ["WITH stored AS (", sql, "), more AS (", also, ") SELECT", answered]
        sql = " ".join([*parts, "FROM stored"])
    return sql, given, made


def _listed(fields: list[Any]) -> str:
    return ", ".join(f'"{field.column}"' for field in fields)


def _type(field: Any) -> str:
    """What a value is before it is stored; without a length, to which a cast would cut it."""
    name: str = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    return name.partition("(")[0]
