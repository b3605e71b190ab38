"""Without two indexes that others begin with.

By written SQL, while everybody goes on working: Django would drop the foreign keys with them, and
check every row to make them anew.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def drop(index: str, on: str) -> migrations.RunSQL:
    """Drop an index of this name; back, make it on this."""
    return migrations.RunSQL(
        f'DROP INDEX CONCURRENTLY IF EXISTS "{index}"',
        f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{index}" ON {on}',
    )


class Migration(migrations.Migration):
    """`event_number_unique` begins with the stream, `event_by_actor` with the actor."""

    atomic = False
    dependencies = [
        ("core", "0007_no_truncate"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [
                drop("core_event_actor_id_594b280e", "core_event (actor_id)"),
                drop("core_event_stream_id_47adc6a2", "core_event (stream_id)"),
            ],
            [
                migrations.AlterField(
                    model_name="event",
                    name="actor",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="event",
                    name="stream",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="core.stream",
                    ),
                ),
            ],
        )
    ]
