"""What docs/architecture.md promises about every file, held by reading the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("core", "audit", "accounts", "files", "messaging", "rooms", "consultsuite")

WRITES = {
    "save",
    "create",
    "update",
    "delete",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
    "asave",
    "acreate",
    "aupdate",
    "adelete",
    "aget_or_create",
    "aupdate_or_create",
    "abulk_create",
    "abulk_update",
    "raw",
}

MAY_WRITE = {
    "core/pictures.py": "saves a picture into memory",
    "core/publish.py": "records; called by actions",
    "core/rendering.py": "updates dictionaries",
    "core/tasks.py": "keeps a heartbeat in Redis",
    "accounts/models/user.py": "the manager that Django's createsuperuser and tests use",
    "accounts/permissions.py": "grants; called by actions and after migrating",
    "core/grants.py": "grants; called by each app's permissions.py",
    "rooms/permissions.py": "grants; called by actions",
}

NEEDS_NO_PERMISSION = {
    "begin_anew": "about oneself; called after the address was proved",
    "record_sign_up": "about oneself; called by allauth's form",
    "record_sign_in": "about oneself; called after signing in",
    "note_last_seen": "about oneself",
    "record_sign_out": "about oneself; called when signing out",
    "note_session_seen": "about oneself",
    "record_address_added": "about oneself; allauth has let them",
    "record_address_confirmed": "about oneself; allauth has let them",
    "record_address_removed": "about oneself; allauth has let them",
    "record_main_address_changed": "about oneself; allauth has let them",
    "record_second_factors_made": "about oneself; allauth has let them",
    "record_second_factor_removed": "about oneself; allauth has let them",
    "record_provider_connected": "about oneself; allauth has let them",
    "record_provider_disconnected": "about oneself; allauth has let them",
    "note_second_factor_used": "about oneself; called after proving who one is",
    "note_kept": "about oneself; called after allauth set a password",
    "join_organisation": "the link is the permission; `use_link` asks whose it is",
    "accept_invitation": "the link is the permission; `use_link` asks whose it is",
    "note_device": "about what one has just signed in with",
    "note_token_used": "about one's own token",
    "register": "calls sign_up, which requires",
    "sign_in_with_token": "about oneself, who has just proved who they are",
    "record_refusal": "keeps what was refused; it changes nothing else",
    "answer_once": "wraps another action, which requires",
}

PART_OF = "Part of"
"""Begins the docstring of what only other actions call: their permission and transaction count."""


def sources(*parts: str) -> list[Path]:
    """Our Python files with one of these names in their path; without names all but tests."""
    files = [file for app in APPS for file in sorted((ROOT / app).rglob("*.py"))]
    files = [file for file in files if not {"tests", "migrations"} & set(file.parts)]
    if not parts:
        return files
    names = {part.removesuffix(".py") for part in parts}
    return [f for f in files if names & {p.removesuffix(".py") for p in f.relative_to(ROOT).parts}]


def called(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Names of the functions and methods that are called below a node, with their lines."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            function = call.func
            if isinstance(function, ast.Attribute):
                yield f".{function.attr}", call.lineno
            elif isinstance(function, ast.Name):
                yield function.id, call.lineno


def is_action_file(file: Path) -> bool:
    return "actions" in file.relative_to(ROOT).parts


def actions() -> list[tuple[str, ast.FunctionDef, ast.Module]]:
    """Every public function of the action modules."""
    modules = [(file, ast.parse(file.read_text())) for file in sources("actions")]
    return [
        (f"{file.relative_to(ROOT)}:{node.name}", node, module)
        for file, module in modules
        for node in module.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


ACTIONS = actions()
every_action = pytest.mark.parametrize(
    ("function", "module"), [(f, m) for _, f, m in ACTIONS], ids=[name for name, *_ in ACTIONS]
)


def is_part_of_another(function: ast.FunctionDef) -> bool:
    return (ast.get_docstring(function) or "").startswith(PART_OF)


def test_only_actions_write() -> None:
    found = {
        f"{file.relative_to(ROOT)}:{line} {name}"
        for file in sources()
        if not is_action_file(file) and str(file.relative_to(ROOT)) not in MAY_WRITE
        for name, line in called(ast.parse(file.read_text()))
        if name.removeprefix(".") in WRITES and name.startswith(".")
    }
    assert found == set()


def test_the_list_of_who_may_write_is_not_longer_than_it_must_be() -> None:
    for path in MAY_WRITE:
        names = {name.removeprefix(".") for name, _ in called(ast.parse((ROOT / path).read_text()))}
        assert names & WRITES, f"{path} writes nothing: take it off the list."


@every_action
def test_an_action_is_called_by_names_with_the_actor_first(
    function: ast.FunctionDef, module: ast.Module
) -> None:
    assert function.args.args == function.args.posonlyargs == []
    assert function.args.vararg is function.args.kwarg is None
    assert function.args.kwonlyargs[0].arg == "actor"
    assert function.args.kw_defaults[0] is None


@every_action
def test_an_action_says_what_it_does(function: ast.FunctionDef, module: ast.Module) -> None:
    assert ast.get_docstring(function)


@every_action
def test_an_action_is_one_transaction(function: ast.FunctionDef, module: ast.Module) -> None:
    decorators = {ast.unparse(decorator) for decorator in function.decorator_list}
    opens_one = any(name == ".atomic" for name, _ in called(function))
    assert "transaction.atomic" in decorators or opens_one or is_part_of_another(function)


@every_action
def test_an_action_asks_for_a_permission(function: ast.FunctionDef, module: ast.Module) -> None:
    """Itself, or by a private function of its module; or it is named above with the reason."""
    private = {
        node.name: node
        for node in module.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("_")
    }
    seen: set[str] = set()
    waiting: list[ast.AST] = [function]
    while waiting:
        node = waiting.pop()
        names = {name for name, _ in called(node)} | {
            name.id for name in ast.walk(node) if isinstance(name, ast.Name)
        }
        waiting += [private[name] for name in names & private.keys() - seen]
        seen |= names
    asks = bool({"require", "NotAllowed"} & seen)
    assert asks != (function.name in NEEDS_NO_PERMISSION) or is_part_of_another(function)


def test_background_work_is_started_by_receivers_alone() -> None:
    found = {
        f"{file.relative_to(ROOT)}:{line}"
        for file in sources()
        if file.stem != "receivers" and "receivers" not in file.parts
        for name, line in called(ast.parse(file.read_text()))
        if name in {".delay", ".apply_async"}
    }
    assert found == set()


def test_actions_know_no_tasks() -> None:
    for file in sources("actions"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not any(name.split(".")[-1] == "tasks" for name in names), file


def test_no_signals_for_our_own_logic() -> None:
    """Django's model signals run before the commit and once per row."""
    words = re.compile(r"\b(pre|post)_(save|delete)\b|\bm2m_changed\b")
    found = [str(file.relative_to(ROOT)) for file in sources() if words.search(file.read_text())]
    assert found == []


INLINE = {
    "a script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "a style": re.compile(r"<style(?![^>]*\bnonce=)", re.IGNORECASE),
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "a handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "an htmx handler": re.compile(r"\shx-on", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
}


@pytest.mark.parametrize("what", INLINE)
def test_templates_hold_no(what: str) -> None:
    """The content security policy would refuse it. Mail has none, and knows no style sheets."""
    templates = [f for f in sorted((ROOT / "templates").rglob("*.html")) if "email" not in f.parts]
    assert templates
    found = [
        f"{template.relative_to(ROOT)}:{number}"
        for template in templates
        for number, line in enumerate(template.read_text().splitlines(), start=1)
        if INLINE[what].search(line)
    ]
    assert found == []


def test_files_stay_readable() -> None:
    """Over 400 lines a file becomes a package by noun (CONTRIBUTING.md)."""
    long = {
        str(file.relative_to(ROOT)): count
        for file in sources()
        if (count := len(file.read_text().splitlines())) > 400
    }
    assert long == {}
