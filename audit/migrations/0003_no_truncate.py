"""Access receipts cannot be emptied either: TRUNCATE passes by the triggers of rows."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER audit_receipt_no_truncate BEFORE TRUNCATE ON audit_accessreceipt
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_receipt_people_no_truncate BEFORE TRUNCATE ON audit_accessreceipt_people
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""

BACKWARD = """
DROP TRIGGER audit_receipt_people_no_truncate ON audit_accessreceipt_people;
DROP TRIGGER audit_receipt_no_truncate ON audit_accessreceipt;
"""


class Migration(migrations.Migration):
    """The triggers, on the function of 0002."""

    dependencies = [("audit", "0002_append_only_receipts")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
