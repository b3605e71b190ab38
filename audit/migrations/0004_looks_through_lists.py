"""A receipt may be about a list, which is no single object."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists have no id."""

    dependencies = [("audit", "0003_no_truncate")]

    operations = [
        migrations.AlterField("accessreceipt", "object_id", models.UUIDField(null=True)),
    ]
