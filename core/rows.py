"""Reading rows by plain SQL, where one is read so often that building the SQL counts.

Django builds the SQL of a query anew each time, which takes it several times as long as PostgreSQL
takes to find a row by an index (docs/performance.md). What every frame and request begins with is
therefore written out; its result is model instances as ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model


class NeedsConversionError(TypeError):
    """A model has a field whose values the database does not give as Python has them."""


@dataclass(frozen=True)
class Condition:
    """What must hold in the database: SQL after WHERE, and its values."""

    sql: str
    values: Sequence[Any] = ()


@dataclass(frozen=True)
class Statement:
    """A whole statement of SQL, and its values."""

    sql: str
    values: Sequence[Any] = ()


@cache
def _names(model: type[Model]) -> list[str]:
    for field in model._meta.concrete_fields:
        column = field.get_col(model._meta.db_table)
        if column.get_db_converters(connection) or connection.ops.get_db_converters(column):
            raise NeedsConversionError(f"{field} needs Django's own queries.")
    return [field.attname for field in model._meta.concrete_fields]


@cache
def columns(model: type[Model], alias: str) -> str:
    """The columns of a model as a SELECT names them."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def instances(row: Sequence[Any], *models: type[Model]) -> list[Any]:
    """An instance of each model, from a row of their `columns` one after the other.

    Raises `NeedsConversionError`.
    """
    made, start = [], 0
    for model in models:
        names = _names(model)
        end = start + len(names)
        made.append(model.from_db(connection.alias, names, row[start:end]))
        start = end
    return made
