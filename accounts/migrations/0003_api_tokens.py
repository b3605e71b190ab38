"""Tokens get a name, a scope and when they were used last; knox's own rows move here."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

MOVE = """
    INSERT INTO accounts_apitoken (id, digest, token_key, user_id, created, expiry, name, scope)
    SELECT gen_random_uuid(), digest, token_key, user_id, created, expiry,
           'Made before tokens had names', 'write'
    FROM knox_authtoken;
    DELETE FROM knox_authtoken;
"""
MOVE_BACK = """
    INSERT INTO knox_authtoken (digest, token_key, user_id, created, expiry)
    SELECT digest, token_key, user_id, created, expiry FROM accounts_apitoken WHERE scope = 'write';
"""

# knox's own table stays, empty, for its own migrations; as Django does not know it any more, it
# must not keep the table of people from being emptied.
UNTIE = """
    DO $$
    DECLARE link text;
    BEGIN
        FOR link IN SELECT conname FROM pg_constraint
                    WHERE conrelid = 'knox_authtoken'::regclass AND contype = 'f'
        LOOP
            EXECUTE format('ALTER TABLE knox_authtoken DROP CONSTRAINT %I', link);
        END LOOP;
    END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_invitations"),
        ("knox", "0009_extend_authtoken_field"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("token_key", models.CharField(db_index=True, max_length=25)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("expiry", models.DateTimeField(blank=True, null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=128, unique=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "scope",
                    models.CharField(
                        choices=[("read", "Read only"), ("write", "Read and write")],
                        default="write",
                        max_length=8,
                    ),
                ),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("scope__in", ["read", "write"])),
                        name="api_token_scope_known",
                    )
                ],
            },
        ),
        migrations.RunSQL(MOVE, MOVE_BACK),
        migrations.RunSQL(UNTIE, migrations.RunSQL.noop),
    ]
