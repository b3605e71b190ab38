"""Defects on purpose: `python -m tests.faults.mutations NAME MODULE ...` runs a part with one.

Each is something that the harness must see; `SEEDS` says by which schedule, and what shows it. A
new one is one function here and one line there.
"""

import os
import runpy
import sys
import time
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

SEEDS: dict[str, tuple[int, str]] = {
    "published-before-the-commit": (162, "everybody sees what is stored"),
    "gaps-are-not-healed": (538, "all is live again"),
    "errand-is-done-before-it-is-done": (5677, "mail goes out once"),
    "resumed-behind-the-next-number": (162, "every number came once and in order"),
    "sent-twice-is-two-messages": (
        162,
        "acknowledged messages are stored once with their last words",
    ),
}
"""The seed that finds it, and the invariant (or what does not happen in time) that shows it."""

MAIL_SECONDS = 1.5
"""What a mail server may take."""

MUTATIONS: dict[str, Callable[[], None]] = {}


def replace(module: str, name: str, by: Any) -> Any:
    """Put something else in the place of what a module has by this name; answers what it was.

    Fails where the module has it no more: a defect that changes nothing would be seen by nobody.
    """
    owner = import_module(module)
    before = getattr(owner, name)
    setattr(owner, name, by)
    return before


def mutation(function: Callable[[], None]) -> Callable[[], None]:
    """Register a defect under its name."""
    MUTATIONS[function.__name__.replace("_", "-")] = function
    return function


@mutation
def published_before_the_commit() -> None:
    """What is recorded goes out at once, also if it is rolled back after that."""
    publish: Any = import_module("core.publish")

    def on_commit(act: Callable[[], None], *, robust: bool = False) -> None:
        act()

    errors = publish.transaction.TransactionManagementError
    publish.transaction = SimpleNamespace(on_commit=on_commit, TransactionManagementError=errors)


@mutation
def gaps_are_not_healed() -> None:
    """The hub does not read the log when it sees that it missed something."""
    feed: Any = import_module("core.feed").Feed
    assert feed.heal, "the hub heals by this"
    feed.heal = lambda self, target: None


@mutation
def errand_is_done_before_it_is_done() -> None:
    """It is noted as done when it is begun; and mails take as long as they may."""
    errands: Any = import_module("core.actions.errands")
    mail: Any = import_module("django.core.mail").EmailMultiAlternatives
    send = mail.send

    def claimed(*, actor: Any, **what: Any) -> Any:
        errand = claim(actor=actor, **what)
        if errand is not None:
            errands.finish_errand(actor=actor, errand=errand)
        return errand

    def slow(self: Any, *arguments: Any, **options: Any) -> Any:
        time.sleep(MAIL_SECONDS)
        return send(self, *arguments, **options)

    claim = replace("core.actions.errands", "claim_errand", claimed)
    mail.send = slow


@mutation
def resumed_behind_the_next_number() -> None:
    """Who comes back gets what they missed but for the first of it; who asks again gets it."""
    asked = set()

    def skip(stream: Any, after: int, limit: int) -> Any:
        is_first = after > 0 and (stream, after) not in asked
        asked.add((stream, after))
        return load(stream, after + is_first, limit)

    load = replace("core.hub", "load", skip)


@mutation
def sent_twice_is_two_messages() -> None:
    """A client_id that is known makes another message."""
    messages: Any = import_module("messaging.actions.messages")

    def another(*, client_id: Any, **fields: Any) -> Any:
        if messages.Message.objects.filter(client_id=client_id).exists():
            client_id = uuid4()
        return post(client_id=client_id, **fields)

    post = replace("messaging.actions.messages", "post_message", another)


def main() -> None:
    """Make the defect, then run the module as Python would."""
    name, module, *arguments = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consultsuite.settings")
    import django

    django.setup()
    MUTATIONS[name]()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
