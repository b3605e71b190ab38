"""Access receipts are append-only, as events are: a trigger refuses UPDATE and DELETE.

Erasure lifts it for one transaction as it does for events (core, migration 0002).
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('consultsuite.events_may_change', true) = 'on' THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'access receipts are append-only: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_receipt_append_only BEFORE UPDATE OR DELETE ON audit_accessreceipt
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_receipt_people_append_only BEFORE UPDATE OR DELETE
    ON audit_accessreceipt_people FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
"""

BACKWARD = """
DROP TRIGGER audit_receipt_people_append_only ON audit_accessreceipt_people;
DROP TRIGGER audit_receipt_append_only ON audit_accessreceipt;
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    """The triggers and their function."""

    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
