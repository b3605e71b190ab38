"""No test finds what another has committed."""

from django.apps import apps
from django.db import connection
from django.test import TransactionTestCase

from accounts.actions.people import sign_up
from accounts.models import User
from rooms.models import RoomType
from tests.sockets import COMMITTED


def everything() -> dict[str, list[str]]:
    """Every row of every table."""
    rows = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            cursor.execute(f'SELECT one::text FROM "{table}" one ORDER BY 1')
            rows[table] = [row for (row,) in cursor.fetchall()]
    return rows


@COMMITTED
def test_everything_is_as_migrated_again() -> None:
    before = everything()
    assert before["django_content_type"]
    assert before["rooms_roomtype"]
    sign_up(
        actor=User.objects.system(), email="tomas@demo.test", name="Tomas", password="consult-demo"
    )
    RoomType.objects.filter(slug="consultation").update(name="Changed")
    RoomType.objects.exclude(slug="consultation").delete()
    RoomType.objects.create(slug="added", name="Added")
    after = everything()
    for table in ("accounts_user", "core_event", "rooms_roomtype"):
        assert after[table] != before[table]
    TransactionTestCase()._fixture_teardown()  # type: ignore[attr-defined]
    assert everything() == before
