"""The eight colours that tell people apart: each person's own, and in a room no two alike."""

from collections.abc import Sequence
from uuid import UUID

COLOURS = 8


def colour_of(person: UUID) -> int:
    """1 to 8: the person's own colour, the same wherever nobody else has a say."""
    return person.int % COLOURS + 1


def colours_among(first_comers: Sequence[UUID]) -> dict[UUID, int]:
    """The colours of the first people of a place, in the order in which they came.

    Who came first keeps their own; whose own is taken gets the next free one. So nobody's changes
    when somebody comes or goes. After eight none is free: everybody else has their own.
    """
    given: dict[UUID, int] = {}
    for person in first_comers[:COLOURS]:
        colour = colour_of(person)
        while colour in given.values():
            colour = colour % COLOURS + 1
        given[person] = colour
    return given
