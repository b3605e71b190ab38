"""The base of errors that a person can do something about.

Each app's own errors live beside what raises them and inherit from these. They become a
problem document (API), an error frame (socket) or a message on the page (views).
"""


class ActionError(Exception):
    """An action refused what was asked. ``detail`` says what happened and what to do."""

    status = 400
    code = "invalid"
    detail = "That is not possible."

    def __init__(self, detail: str = "", *, field: str = "") -> None:
        self.detail = detail or type(self).detail
        self.field = field
        super().__init__(self.detail)


class Conflict(ActionError):
    """What was asked does not fit the present state."""

    status = 409
    code = "conflict"


class RateLimited(ActionError):
    """Asked too often; ``retry_after`` seconds from now it works again. ``words`` say why."""

    status = 429
    code = "rate_limited"

    def __init__(self, retry_after: int, words: str = "That was too often.") -> None:
        self.retry_after, self.words = retry_after, words
        super().__init__(f"{words} Try again {self.when}.")

    @property
    def when(self) -> str:
        """`in 5 seconds`, `in 3 minutes`."""
        number, unit = self.retry_after, "second"
        for size, larger in ((60, "minute"), (60, "hour")):
            if number > 90:
                number, unit = -(-number // size), larger
        return f"in {number} {unit}{'s' if number != 1 else ''}"


class NotAllowed(ActionError):
    """The actor may see the object, but not do this to it.

    ``permission`` is the one that is missing and ``subject`` the stream of the object
    (``room:<id>``), where they are known: for the record of refused attempts.
    """

    status = 403
    code = "not_allowed"
    detail = "You do not have the permission to do that here."
    permission = ""
    subject = ""


class ReadOnlyToken(NotAllowed):
    """A token that may only read was used for more."""

    code = "read_only_token"
    detail = "This token may only read. Use one that may write, from API tokens in your profile."


class AdminTokenNeeded(NotAllowed):
    """A token that does not say so, nor is of a sign-in just now, was used to administer."""

    code = "admin_token_needed"
    detail = (
        "Sign in again, or use a token that may administer: make one under API tokens in your "
        "profile, or by `manage.py create_token`."
    )


class ProofNeeded(NotAllowed):
    """Whoever administers by a session has to have proved lately who they are."""

    code = "proof_needed"
    detail = (
        "Prove again who you are, at /accounts/reauthenticate/ in this browser, then repeat it."
    )
