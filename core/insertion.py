"""Writing rows of which so many are written that building the SQL counts (core.rows).

Importable from actions only (held by import-linter): whoever writes, records.
"""

from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

from core.database import ask


def insert(instance: Model) -> None:
    """As `save(force_insert=True)` of a new instance whose key is its own, without signals.

    What the database gives by default (``db_default``) it gives always; fields that would set
    their own value (``auto_now``) or keep a file do not.
    """
    sql, given, made = _insertion(type(instance))
    values = [
        field.get_db_prep_save(getattr(instance, field.attname), connection) for field in given
    ]
    row = ask(sql, values) or ()
    for field, value in zip(made, row, strict=True):
        setattr(instance, field.attname, value)
    instance._state.adding, instance._state.db = False, connection.alias


@cache
def _insertion(model: type[Model]) -> tuple[str, list[Any], list[Any]]:
    """The SQL, the fields that it is given and those that the database makes."""
    fields: list[Any] = list(model._meta.concrete_fields)
    given = [field for field in fields if not field.has_db_default()]
    made = [field for field in fields if field.has_db_default()]
    names, places = _listed(given), ", ".join(["%s"] * len(given))
    sql = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places})'  # noqa: S608 - names
    return f"{sql} RETURNING {_listed(made)}" if made else sql, given, made


def _listed(fields: list[Any]) -> str:
    return ", ".join(f'"{field.column}"' for field in fields)
