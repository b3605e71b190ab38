"""An export of the audit log has a beginning and an end, and they are not far apart."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from audit.actions.exports import RangeTooLong, record_export
from audit.queries import Search
from tests.fixtures import everything_stored

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("search", "field"),
    [
        (Search(until=NOW), "from"),
        (Search(since=NOW), "from"),
        (Search(since=NOW, until=NOW - timedelta(seconds=1)), "to"),
        (Search(since=NOW, until=NOW + timedelta(days=93)), "to"),
    ],
    ids=["no beginning", "no end", "backwards", "93 days"],
)
def test_days_that_are_none_or_too_many(staff: User, search: Search, field: str) -> None:
    before = everything_stored()
    with pytest.raises(RangeTooLong) as raised:
        record_export(actor=staff, search=search, form="csv", reason="Ticket 4711")
    assert raised.value.field == field
    assert everything_stored() == before
