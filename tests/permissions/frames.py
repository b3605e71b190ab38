"""Who may say what over `/ws/`: every frame type, and every kind of stream that one may follow.

Rows are ``(type, about): (content, answers)``. An answer is the type of the frame that came back
or the code of the error; `HEARD` or `NOTHING` where nothing comes back and the others in the room
get something, or do not. Before each row a person follows the room and its conversation, if they
may.
"""

from tests.permissions.cast import Columns, Status, Statuses, Table

CLOSED = "closed 4401"
HEARD = "heard"
NOTHING = "nothing"

socket = Columns(anonymous=CLOSED)


def inside(within: Status, without: Status) -> Statuses:
    """Who takes part in the room, and who does not."""
    return socket.each(owner=within, client=within, guest=within, others=without)


MESSAGE = {"conversation": "{conversation}", "body": "Hello"}
SIGNAL = {"room": "{room}", "to": "{listener}", "data": {"sdp": "offer"}}

FRAMES: Table = {
    ("subscribe", "room"): ({"stream": "{room_stream}"}, inside("subscribed", "not_found")),
    ("subscribe", "conversation"): (
        {"stream": "{conversation_stream}"}, inside("subscribed", "not_found"),
    ),
    ("subscribe", "user"): (
        {"stream": "{client_stream}"}, socket.each(client="subscribed", others="not_found"),
    ),
    ("subscribe", "planet"): ({"stream": "{planet_stream}"}, socket.signed_in_only("not_found")),
    ("message.send", ""): (MESSAGE, inside("ack", "not_found")),
    ("typing", ""): ({"conversation": "{conversation}"}, inside(HEARD, NOTHING)),
    ("received", ""): (
        {"conversation": "{conversation}", "seq": 1}, inside(NOTHING, "not_found"),
    ),
    ("presence.watch", ""): ({"users": []}, socket.signed_in_only("presence.states")),
    ("presence", ""): ({"state": "away"}, inside(HEARD, NOTHING)),
    ("signal", ""): (SIGNAL, inside(HEARD, "malformed")),
    ("ping", ""): ({}, socket.signed_in_only("pong")),
    # Stopping to follow what one does not follow tells nothing.
    ("unsubscribe", "room"): ({"stream": "{room_stream}"}, socket.signed_in_only("unsubscribed")),
}  # fmt: skip
