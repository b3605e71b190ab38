"""Every action leaves an event: who, what, on what, when and from where."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.tests.test_architecture import ACTIONS, ROOT, is_part_of_another, sources

LEAVES_NONE = {
    "answer_once": "wraps another action, which leaves its own",
    "count_violation": "a browser reported it; nobody has done anything",
    "forget_old_answers": "deletes repeats of what is recorded elsewhere",
    "forget_old_devices": "deletes what is recognised no more",
    "keep_text": "what an event has asked for is done",
    "forget_waiting_files": "deletes what was used for nothing",
    "forget_old_refusals": "deletes what is kept for a set time only",
    "forget_ended_sessions": "deletes what works no more",
    "forget_expired_tokens": "deletes what works no more",
    "note_last_seen": "presence is no history",
    "note_session_seen": "presence is no history",
    "note_token_used": "presence is no history",
    "queue_due_errands": "hands over what an event has asked for",
    "finish_errand": "notes that what an event has asked for is done",
    "forget_old_errands": "deletes notes of what events have asked for",
}
"""Actions without an event of their own, and why."""


def _modules() -> dict[str, ast.Module]:
    """Dotted name -> source of every module of actions."""
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts): ast.parse(file.read_text())
        for file in sources("actions")
    }


MODULES = _modules()


def _functions(module: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}


def _imported(module: ast.Module) -> dict[str, tuple[str, str]]:
    """Local name -> (module, name) of what is imported from modules of actions."""
    return {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in module.body
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
        for alias in node.names
    }


def _named(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id


def leaves_an_event(module: str, name: str, seen: frozenset[tuple[str, str]] = frozenset()) -> bool:
    """Whether the function calls `record`, itself or by what it calls in modules of actions."""
    here = (module, name)
    functions, imported = _functions(MODULES[module]), _imported(MODULES[module])
    if here in seen or name not in functions:
        return False
    names = set(_named(functions[name]))
    if "record" in names:
        return True
    return any(
        leaves_an_event(*(imported.get(each) or (module, each)), seen | {here}) for each in names
    )


def _module_of(place: str) -> str:
    return ".".join(Path(place.partition(":")[0]).with_suffix("").parts)


@pytest.mark.parametrize(
    ("place", "function"), [(p, f) for p, f, _ in ACTIONS], ids=[p for p, *_ in ACTIONS]
)
def test_an_action_leaves_an_event_or_is_listed(place: str, function: ast.FunctionDef) -> None:
    leaves = leaves_an_event(_module_of(place), function.name)
    if function.name in LEAVES_NONE:
        assert not leaves, "It leaves one: take it off the list."
    else:
        assert leaves or is_part_of_another(function)


def test_the_list_names_actions() -> None:
    assert LEAVES_NONE.keys() <= {function.name for _, function, _ in ACTIONS}
