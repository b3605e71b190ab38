"""Frames that nobody should send, and some that everybody may."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

TYPES = (
    *("subscribe", "unsubscribe", "message.send", "typing", "presence", "signal", "ping"),
    *("received", "presence.watch"),
)
FIELDS = (
    *("id", "stream", "after", "conversation", "body", "client_id", "reply_to"),
    *("room", "to", "data", "state", "type", "seq", "users"),
)
FENCE = "fence"
"""Begins the `id` of a frame that the test itself sends to learn how far the server is."""


@dataclass(frozen=True)
class Frame:
    """What is sent, and whether it must be answered by an error."""

    data: str | bytes
    is_refused: bool


@dataclass(frozen=True)
class Ids:
    """What exists: a room that the sender is in, its conversation, and a stranger's user id."""

    room: str
    conversation: str
    stranger: str


def frames(ids: Ids) -> st.SearchStrategy[Frame]:
    """Mostly bad ones."""
    return st.one_of(
        *map(_refused, (_no_json(), _no_frame(), _unknown_type(), st.binary(max_size=64), _huge())),
        _loose(_scrambled(ids)),
        _loose(_with_wrong_ids(ids)),
        _loose(_valid(ids)),
    )


def _refused(texts: st.SearchStrategy[Any]) -> st.SearchStrategy[Frame]:
    return texts.map(lambda data: Frame(data, is_refused=True))


def _loose(contents: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Frame]:
    """As JSON, which escapes lone surrogates and control characters; whatever the answer is."""
    return contents.map(lambda content: Frame(json.dumps(content), is_refused=False))


# Any character, lone surrogates and NUL among them.
_texts = st.text(st.characters(), max_size=40) | st.sampled_from(
    [
        "\x00",
        "\ud800",
        "\udfff\ud800",
        "a\x00b",
        "\u202e",
        "🏳️\u200d🌈",
        "\x1b[31m",
        "'; --",
        "<b>",
        "",
    ]
)
_numbers = st.integers() | st.sampled_from([2**63, -(2**63) - 1, 10**400, -1, 0]) | st.floats()
_plain = st.none() | st.booleans() | _numbers | _texts
_values = st.recursive(
    _plain,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=8,
)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _sendable(text: str) -> str:
    """A text frame is UTF-8: what cannot be is left out."""
    return text.encode(errors="ignore").decode()


def _no_json() -> st.SearchStrategy[str]:
    cut = st.builds(lambda text, at: text[: at % len(text)], _valid_text(), st.integers(0, 400))
    return (_texts.map(_sendable) | cut).filter(lambda text: not _is_json(text))


def _valid_text() -> st.SearchStrategy[str]:
    return st.sampled_from(TYPES).map(lambda name: json.dumps({"type": name, "id": "1"}))


def _no_frame() -> st.SearchStrategy[str]:
    """JSON, but no object with a type."""
    loose = st.lists(_values, max_size=3) | _plain | st.dictionaries(_texts, _values, max_size=3)
    return loose.filter(
        lambda value: not isinstance(value, dict) or not isinstance(value.get("type"), str)
    ).map(json.dumps)


def _unknown_type() -> st.SearchStrategy[str]:
    names = _texts.filter(lambda name: name not in TYPES)
    rest = st.dictionaries(_texts, _values, max_size=2)
    return st.builds(lambda name, more: json.dumps({**more, "type": name}), names, rest)


def _huge() -> st.SearchStrategy[str]:
    """Over 64 KiB, or nested deeper than a parser goes. Seldom: they cost most of the time."""
    big = st.sampled_from(
        [
            json.dumps({"type": "ping", "x": "x" * 70_000}),
            json.dumps({"type": "message.send", "body": "ø" * 40_000}, ensure_ascii=False),
            '{"type": "ping", "x": ' + "[" * 20_000 + "]" * 20_000 + "}",
            "[" * 60_000,
            '{"type": "ping", "x": ' + "9" * 6_000 + "}",
        ]
    )
    return st.integers(0, 19).flatmap(lambda n: big if n == 0 else st.just("{"))


def _scrambled(ids: Ids) -> st.SearchStrategy[dict[str, Any]]:
    """A type that there is, with fields of any shape, some of them right."""
    fields = st.dictionaries(st.sampled_from(FIELDS), _values | st.sampled_from(_right(ids)))
    return st.builds(lambda name, more: {**more, "type": name}, st.sampled_from(TYPES), fields)


def _with_wrong_ids(ids: Ids) -> st.SearchStrategy[dict[str, Any]]:
    """Right in shape, about what does not exist or is not theirs."""
    wrong = st.uuids().map(str) | st.sampled_from([ids.stranger, "x", "", "0" * 32])
    kinds = st.sampled_from(["room", "conversation", "user", "planet", "", "ß"])
    streams = st.builds(lambda kind, key: f"{kind}:{key}", kinds, wrong)
    return st.one_of(
        st.fixed_dictionaries({"type": st.just("subscribe"), "stream": streams}),
        st.fixed_dictionaries({"type": st.just("unsubscribe"), "stream": streams}),
        st.fixed_dictionaries(
            {"type": st.just("message.send"), "conversation": wrong, "body": _texts}
        ),
        st.fixed_dictionaries({"type": st.just("typing"), "conversation": wrong}),
        st.fixed_dictionaries(
            {"type": st.just("received"), "conversation": wrong, "seq": st.integers()}
        ),
        st.fixed_dictionaries(
            {"type": st.just("presence.watch"), "users": st.lists(wrong, max_size=3)}
        ),
        st.fixed_dictionaries(
            {"type": st.just("signal"), "room": wrong, "to": wrong, "data": st.just({})}
        ),
    )


def _valid(ids: Ids) -> st.SearchStrategy[dict[str, Any]]:
    """What a page sends."""
    send = {"type": st.just("message.send"), "conversation": st.just(ids.conversation)}
    return st.one_of(
        st.sampled_from(
            [
                {"type": "ping"},
                {"type": "presence", "state": "away"},
                {"type": "typing", "conversation": ids.conversation},
                {"type": "received", "conversation": ids.conversation, "seq": 1},
                {"type": "presence.watch", "users": [ids.stranger]},
                {"type": "subscribe", "stream": f"conversation:{ids.conversation}"},
                {"type": "unsubscribe", "stream": f"conversation:{ids.conversation}"},
            ]
        ),
        st.fixed_dictionaries(
            {**send, "body": st.text(min_size=1, max_size=30), "client_id": st.uuids().map(str)}
        ),
    )


def _right(ids: Ids) -> list[Any]:
    return [ids.room, ids.conversation, ids.stranger, f"conversation:{ids.conversation}", 0, {}]
