"""Model instances from rows of plain SQL."""

import pytest
from django.db import connection

from accounts.models import ApiToken, User
from core.models import Event
from core.rows import NeedsConversionError, columns, instances
from messaging.models import Conversation
from rooms.models import Room


def test_a_row_of_two_models_is_an_instance_of_each(client_user: User) -> None:
    token, _ = ApiToken.objects.create(client_user)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns(ApiToken, 'token')}, {columns(User, 'person')} "
            "FROM accounts_apitoken token JOIN accounts_user person ON person.id = token.user_id"
        )
        read_token, read_user = instances(cursor.fetchone(), ApiToken, User)
    token, user = ApiToken.objects.get(), User.objects.get(pk=client_user.pk)
    for read, expected in ((read_token, token), (read_user, user)):
        assert type(read) is type(expected)
        for field in expected._meta.concrete_fields:
            assert getattr(read, field.attname) == getattr(expected, field.attname)
        assert not read._state.adding
        assert read._state.db == connection.alias
    read_user.name = "Another name"
    read_user.save()
    assert User.objects.get(pk=user.pk).name == "Another name"


@pytest.mark.parametrize("model", [ApiToken, User, Conversation])
def test_what_is_read_so_needs_no_conversion(model: type[Conversation], db: None) -> None:
    names = [field.attname for field in model._meta.concrete_fields]
    (made,) = instances([None] * len(names), model)
    assert isinstance(made, model)


def test_what_needs_a_conversion_is_refused(room: Room) -> None:
    with pytest.raises(NeedsConversionError, match="data"):
        instances([None] * len(Event._meta.concrete_fields), Event)
