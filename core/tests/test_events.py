"""What an event is called, for programs and for people."""

import pytest

from core.events import DomainEvent

OURS = sorted(
    (found for found in DomainEvent.classes.values() if ".tests." not in found.__module__),
    key=lambda found: found.__name__,
)


@pytest.mark.parametrize("event", OURS, ids=lambda event: event.__name__)
def test_people_read_words(event: type[DomainEvent]) -> None:
    words = event.words()
    assert 10 < len(words) < 80
    assert words[0].isupper()
    assert not {"`", "(", "\n", "_"} & set(words)


def test_no_two_are_the_same() -> None:
    words = [(event.__module__, event.words()) for event in OURS]
    assert len(words) == len(set(words))
