"""How hard a password is to guess, by zxcvbn (Wheeler, USENIX Security 2016)."""

from typing import Any

from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

LOWEST_SCORE = 3
"""Of 0 to 4; 3 is "safely unguessable" where an attacker holds the slow hashes (10^8 guesses)."""

MAX_CHARACTERS = 72
"""What is looked at: the time grows steeply with the length."""

FEWEST_OF_ONES_OWN = 6
"""Letters and digits that a password has beside the person's own name."""

WORDS = "Choose one that is harder to guess: three or four uncommon words will do."


class GuessingValidator:
    """Refuses what a guesser who knows the person's name and address would soon try."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise `ValidationError` with the library's own advice."""
        if _is_little_more_than_a_name(password, user):
            raise ValidationError(
                f"This is little more than your name. {WORDS}", code="password_too_guessable"
            )
        found = zxcvbn(password[:MAX_CHARACTERS], user_inputs=_known_of(user))
        if found["score"] >= LOWEST_SCORE:
            return
        feedback = found["feedback"]
        advice = [
            feedback["warning"] or "This is easy to guess.",
            *(feedback["suggestions"] or [WORDS]),
        ]
        raise ValidationError(" ".join(advice), code="password_too_guessable")

    def get_help_text(self) -> str:
        """What a form says beforehand."""
        return "Hard to guess: three or four uncommon words will do."


def _is_little_more_than_a_name(password: str, user: Any) -> bool:
    """Names with a hyphen between pass for three unknown words otherwise."""
    rest = password[:MAX_CHARACTERS].lower()
    whole, host = rest, str(getattr(user, "email", "") or "").partition("@")[2]
    for part in _known_of(user):
        if len(part) > 2 and part.lower() not in host:
            rest = rest.replace(part.lower(), "")
    return rest != whole and sum(letter.isalnum() for letter in rest) < FEWEST_OF_ONES_OWN


def _known_of(user: Any) -> list[str]:
    """Name and address, whole and in parts, bounded like the password."""
    known = [str(getattr(user, field, "") or "") for field in ("name", "email")]
    parts = [part for text in known for part in text.replace("@", " ").replace(".", " ").split()]
    return [text[:MAX_CHARACTERS] for text in [*known, *parts][:20] if text]
