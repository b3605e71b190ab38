"""Events cannot be emptied either: TRUNCATE passes by the triggers of rows.

Lifted as those are, and where a whole database of tests is emptied.
"""

from django.db import migrations

FORWARD = """
CREATE TRIGGER core_event_no_truncate BEFORE TRUNCATE ON core_event
    FOR EACH STATEMENT EXECUTE FUNCTION core_event_refuse_change();
"""

BACKWARD = "DROP TRIGGER core_event_no_truncate ON core_event;"


class Migration(migrations.Migration):
    """The trigger, on the function of 0002."""

    dependencies = [("core", "0006_errands")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
