"""Events are append-only: a trigger refuses UPDATE and DELETE.

Retention and erasure lift it for one transaction with
``SET LOCAL consultsuite.events_may_change = 'on'``; nothing else does.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION core_event_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('consultsuite.events_may_change', true) = 'on' THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'events are append-only: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER core_event_append_only BEFORE UPDATE OR DELETE ON core_event
    FOR EACH ROW EXECUTE FUNCTION core_event_refuse_change();
"""

BACKWARD = """
DROP TRIGGER core_event_append_only ON core_event;
DROP FUNCTION core_event_refuse_change();
"""


class Migration(migrations.Migration):
    """The trigger and its function."""

    dependencies = [("core", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
