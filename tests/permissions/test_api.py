"""The table of the API, asked by a program of each person."""

import pytest

from tests.permissions.api import API
from tests.permissions.asking import Programs, assert_agrees
from tests.permissions.cast import Cast


@pytest.mark.django_db
def test_everybody_gets_what_the_table_says(cast: Cast) -> None:
    assert_agrees(cast, API, Programs(cast))
