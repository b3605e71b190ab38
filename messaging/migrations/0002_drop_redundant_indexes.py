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
    """The unique constraints begin with the conversation and with the author."""

    atomic = False
    dependencies = [
        ("messaging", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [
                drop("messaging_message_author_id_40198c92", "messaging_message (author_id)"),
                drop(
                    "messaging_message_conversation_id_3db4d3d1",
                    "messaging_message (conversation_id)",
                ),
            ],
            [
                migrations.AlterField(
                    model_name="message",
                    name="author",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="message",
                    name="conversation",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="messaging.conversation",
                    ),
                ),
            ],
        )
    ]
