"""People of one room are told apart by colour, and keep theirs."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from core.colours import COLOURS, colour_of, colours_among

people = st.lists(st.uuids(), unique=True, max_size=20)


@given(people)
def test_no_two_of_the_first_eight_are_alike(came: list[UUID]) -> None:
    given_out = colours_among(came)
    assert list(given_out) == came[:COLOURS]
    assert len(set(given_out.values())) == len(given_out)
    assert set(given_out.values()) <= set(range(1, COLOURS + 1))


@given(people, st.uuids())
def test_who_comes_later_changes_nobodys(came: list[UUID], late: UUID) -> None:
    before = colours_among(came)
    assert before.items() <= colours_among([*came, late]).items()


def test_the_first_keeps_their_own_and_the_next_gets_the_next_free_one() -> None:
    one, same, next_to_them = UUID(int=15), UUID(int=23), UUID(int=24)
    assert [colour_of(person) for person in (one, same, next_to_them)] == [8, 8, 1]
    assert colours_among([one, same, next_to_them]) == {one: 8, same: 1, next_to_them: 2}
