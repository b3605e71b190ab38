"""Who may do what on pages: every page, fragment, picture, and how the server is.

Not signed in leads to the sign-in page. Writes are asked as htmx does, which gets a refusal as a
status; without it the same refusal is a redirect with a message.
"""

from datetime import UTC, datetime, timedelta

from tests.permissions.cast import SIGN_IN, Columns, Statuses, Table

SOON = datetime.now(UTC) + timedelta(days=2)

page = Columns(anonymous=SIGN_IN)
inside, signed_in_only, everybody = page.inside, page.signed_in_only, page.everybody
managing = page.managing


def clients_own(status: int) -> Statuses:
    """What is the client's alone."""
    return page.each(client=status, others=404)


LATER = (datetime.now(UTC) + timedelta(days=1)).isoformat()
ITEM = {"title": "Risks", "minutes": "5"}
ROOM = {"name": "Room", "room_type": "review", "mode": "instant"}
SETTINGS = {"name": "New name", "duration_minutes": "60"}
TEMPLATE = {"title": "Thanks", "body": "Thank you all"}
PROFILE = {"name": "New name", "timezone": "UTC", "locale": "en-gb"}

ROOMS: Table = {
    ("GET", "/"): (None, signed_in_only(200)),
    ("GET", "/go/"): (None, signed_in_only(200)),
    ("GET", "/rooms/"): (None, signed_in_only(200)),
    ("GET", "/rooms/new/"): (
        None, page.each(owner=200, colleague=200, superuser=200, others=403),
    ),
    ("POST", "/rooms/new/"): (
        ROOM, page.each(owner=302, colleague=302, superuser=302, others=403),
    ),
    ("GET", "/rooms/{room}/"): (None, inside(200, 200)),
    ("GET", "/rooms/{room}/header/"): (None, inside(200, 200)),
    ("GET", "/rooms/{room}/settings/"): (None, inside(200, 403)),
    ("POST", "/rooms/{room}/settings/"): (SETTINGS, inside(302, 403)),
    ("POST", "/rooms/{waiting}/start/"): (None, inside(302, 403)),
    ("POST", "/rooms/{room}/complete/"): (None, inside(302, 403)),
    ("POST", "/rooms/{room}/cancel/"): (None, inside(302, 403)),
    ("GET", "/rooms/{room}/people/"): (None, inside(200, 200)),
    ("POST", "/rooms/{room}/people/add/"): (
        {"email": "helen@demo.test", "role": "observer"}, inside(200, 403),
    ),
    ("POST", "/rooms/{room}/people/{client}/role/"): ({"role": "observer"}, inside(200, 403)),
    ("POST", "/rooms/{room}/people/{guest}/link/"): (None, inside(200, 403)),
    ("POST", "/rooms/{room}/invitations/{invitation}/resend/"): (None, inside(200, 403)),
    ("POST", "/rooms/{room}/invitations/{invitation}/revoke/"): (None, inside(200, 403)),
    # One may leave, which leads home; only who leads removes another.
    ("POST", "/rooms/{room}/people/{client}/remove/"): (None, inside(200, 302, guest=403)),
    ("GET", "/rooms/{room}/agenda/"): (None, inside(200, 200)),
    ("POST", "/rooms/{room}/agenda/add/"): (ITEM, inside(200, 403)),
    ("POST", "/rooms/{room}/agenda/go/"): ({"item": "{item}"}, inside(200, 403)),
    ("POST", "/rooms/{room}/agenda/clock/"): ({"follow": "on"}, inside(200, 403)),
    ("POST", "/rooms/{room}/agenda/{item}/change/"): (ITEM, inside(200, 403)),
    ("POST", "/rooms/{room}/agenda/{item}/remove/"): (None, inside(200, 403)),
    ("POST", "/rooms/{room}/agenda/{item}/move/"): ({"direction": "up"}, inside(200, 403)),
    ("GET", "/rooms/{room}/stage/agenda/"): (None, inside(200, 200)),
    ("GET", "/rooms/{room}/stage/people/"): (None, inside(200, 200)),
    ("GET", "/rooms/{room}/stage/timeline/"): (None, inside(200, 200)),
}  # fmt: skip

# Whoever holds a link, and is nobody else. Looking changes nothing.
LINKS: Table = {
    ("GET", "/rooms/join/{link}/"): (None, everybody(200)),
    ("HEAD", "/rooms/join/{link}/"): (None, everybody(200)),
    ("POST", "/rooms/join/{link}/guest/"): (
        {"name": "Nora"}, page.each(others=200, anonymous=302),
    ),
    ("POST", "/rooms/join/{link}/account/"): (
        {"name": "Nora", "password1": "a long walk by the sea"},
        page.each(others=200, anonymous=302),
    ),
    # Signed in as somebody else, the page says so; not signed in, it is shown again.
    ("POST", "/rooms/join/{link}/accept/"): (None, page.each(others=200, anonymous=302)),
    ("POST", "/rooms/join/{link}/again/"): (None, everybody(302)),
}  # fmt: skip

# The organisation is the client's.
ORGANISATION: Table = {
    ("GET", "/organisation/"): (
        None, page.each(guest=403, staff=403, superuser=403, others=302),
    ),
    ("GET", "/organisations/{organisation}/"): (None, managing(200)),
    ("HEAD", "/organisations/{organisation}/"): (None, managing(200)),
    ("POST", "/organisations/{organisation}/"): (
        {"email": "new@new.test", "role": "client_user"}, managing(302),
    ),
    ("POST", "/organisations/{organisation}/members/{client}/role/"): (
        {"role": "client_admin"}, managing(302),
    ),
    ("POST", "/organisations/{organisation}/members/{client}/remove/"): (None, managing(302)),
    ("POST", "/organisations/{organisation}/invitations/{member_invitation}/resend/"): (
        None, managing(302),
    ),
    ("POST", "/organisations/{organisation}/invitations/{member_invitation}/revoke/"): (
        None, managing(302),
    ),
    ("GET", "/organisation/join/{member_link}/"): (None, everybody(200)),
    ("POST", "/organisation/join/{member_link}/accept/"): (
        None, page.each(others=200, anonymous=302),
    ),
    ("POST", "/organisation/join/{member_link}/account/"): (
        {"name": "Nora", "password1": "a long walk by the sea"},
        page.each(others=200, anonymous=302),
    ),
}  # fmt: skip

CONVERSATIONS: Table = {
    ("GET", "/conversations/{conversation}/messages/"): (None, inside(200, 200)),
    ("POST", "/conversations/{conversation}/messages/"): ({"body": "Hi"}, inside(201, 201)),
    ("POST", "/conversations/{conversation}/read/"): ({"seq": "1"}, inside(204, 204)),
    ("GET", "/conversations/{conversation}/later/"): (None, inside(200, 200)),
    ("GET", "/conversations/{conversation}/scheduled/"): (None, inside(200, 200)),
    ("POST", "/conversations/{conversation}/scheduled/"): (
        {"body": "Hi", "send_at": LATER},
        inside(204, 204),
    ),
    ("GET", "/inbox/scheduled/"): (None, signed_in_only(200)),
    ("GET", "/inbox/scheduled/{scheduled}/"): (None, clients_own(200)),
    ("POST", "/inbox/scheduled/{scheduled}/"): (
        {"body": "Hi", "send_at": LATER},
        clients_own(302),
    ),
    ("POST", "/inbox/scheduled/{scheduled}/cancel/"): (None, clients_own(204)),
    ("POST", "/inbox/scheduled/{scheduled}/send/"): (None, clients_own(204)),
    ("GET", "/inbox/reminders/"): (None, signed_in_only(200)),
    ("POST", "/inbox/reminders/{reminder}/done/"): (None, clients_own(204)),
    ("POST", "/inbox/reminders/{reminder}/later/"): (None, clients_own(204)),
    ("POST", "/inbox/reminders/{reminder}/cancel/"): (None, clients_own(204)),
    ("GET", "/messages/{message}/remind/"): (None, inside(200, 200)),
    ("POST", "/messages/{message}/remind/"): ({"remind_at": LATER}, inside(204, 204)),
    # Of no messages nothing is told.
    ("GET", "/conversations/{conversation}/notice/"): (None, inside(204, 204)),
    ("GET", "/conversations/{conversation}/settings/"): (None, inside(200, 200)),
    ("POST", "/conversations/{conversation}/settings/"): (
        {"shows_receipts": "no"}, inside(200, 200),
    ),
    ("GET", "/messages/{message}/seen/"): (None, inside(200, 200)),
    ("GET", "/messages/{message}/menu/"): (None, inside(200, 200)),
    ("GET", "/messages/{message}/edit/"): (None, inside(403, 200, guest=403)),
    ("POST", "/messages/{message}/edit/"): ({"body": "Hi"}, inside(403, 204, guest=403)),
    # The host moderates.
    ("POST", "/messages/{message}/delete/"): (None, inside(204, 204, guest=403)),
    ("GET", "/messages/{message}/history/"): (None, inside(200, 200)),
    ("GET", "/conversations/{conversation}/names/"): (None, inside(200, 200)),
    ("GET", "/conversations/{conversation}/templates/"): (None, inside(200, 200)),
    ("GET", "/inbox/search/"): (None, signed_in_only(200)),
    ("GET", "/messages/{message}/"): (None, inside(302, 302)),
    ("POST", "/messages/{message}/react/"): ({"emoji": "👍"}, inside(204, 204)),
    ("POST", "/messages/{message}/unreact/"): ({"emoji": "👍"}, inside(204, 204)),
    ("GET", "/conversations/{conversation}/reactions/own/"): (None, inside(200, 200)),
    ("GET", "/conversations/{conversation}/pins/"): (None, inside(200, 200)),
    ("GET", "/conversations/{conversation}/files/"): (None, inside(200, 200)),
    ("POST", "/messages/{message}/pin/"): (None, inside(204, 204)),
    ("POST", "/messages/{message}/unpin/"): (None, inside(204, 204)),
    ("GET", "/inbox/saved/"): (None, signed_in_only(200)),
    ("POST", "/messages/{message}/save/"): (None, inside(204, 204)),
    ("POST", "/messages/{message}/unsave/"): (None, inside(204, 204)),
    ("GET", "/messages/{message}/forward/"): (None, inside(200, 200)),
    # To where one may not write, or does not know of, nothing is forwarded.
    ("POST", "/messages/{message}/forward/"): (
        {"conversation": "{conversation}", "client_id": "00000000-0000-4000-8000-000000000001"},
        inside(204, 204),
    ),
}  # fmt: skip

# `talk` and `group` are the owner's and the client's; the outsider asked the owner (`asked`).
MEETING = {
    "title": "Rehearsal",
    "starts_at": SOON.strftime("%Y-%m-%dT%H:%M"),
    "duration_minutes": "45",
    "link": "https://meet.google.com/abc",
}
PRIVATE = {"owner": 302, "client": 302, "others": 404}

INBOX: Table = {
    ("GET", "/inbox/"): (None, signed_in_only(200)),
    ("GET", "/inbox/list/"): (None, signed_in_only(200)),
    ("GET", "/inbox/count/"): (None, signed_in_only(200)),
    ("GET", "/inbox/new/"): (None, signed_in_only(200)),
    # Who does not know the client cannot choose them.
    ("POST", "/inbox/new/"): (
        {"person": "{client}"}, page.each(owner=302, manager=302, others=400),
    ),
    ("GET", "/inbox/people/{client}/"): (None, page.each(owner=200, manager=200, others=404)),
    # Clients ask consultants with whom they share nothing; staff see them, and cannot ask.
    ("POST", "/inbox/people/{colleague}/ask/"): (
        {"note": "Ward access"},
        page.each(
            client=302, manager=302, outsider=302, owner=403, staff=403, superuser=403, others=404
        ),
    ),
    ("POST", "/inbox/requests/{asked}/accept/"): (
        None, page.each(owner=302, outsider=403, others=404),
    ),
    ("POST", "/inbox/requests/{asked}/decline/"): (
        None, page.each(owner=302, outsider=403, others=404),
    ),
    ("POST", "/inbox/requests/{asked}/withdraw/"): (
        None, page.each(owner=403, outsider=302, others=404),
    ),
    ("GET", "/inbox/{conversation}/"): (None, inside(200, 200)),
    ("POST", "/inbox/{conversation}/keep/"): ({"archived": "yes"}, inside(302, 302)),
    ("POST", "/inbox/{talk}/clear/"): (None, page.each(**PRIVATE)),
    ("POST", "/inbox/{conversation}/triage/"): (
        {"category": "billing"}, inside(302, 403, guest=403),
    ),
    ("GET", "/inbox/{conversation}/people/"): (None, inside(200, 200)),
    ("GET", "/inbox/{group}/people/add/"): (None, page.each(owner=200, client=302, others=404)),
    ("POST", "/inbox/{group}/people/add/"): (
        {"person": "{colleague}"}, page.each(owner=302, client=403, others=404),
    ),
    ("POST", "/inbox/{group}/people/{client}/remove/"): (None, page.each(**PRIVATE)),
    ("POST", "/inbox/{group}/rename/"): (
        {"title": "New"}, page.each(owner=302, client=403, others=404),
    ),
    ("GET", "/inbox/meetings/"): (None, signed_in_only(200)),
    ("GET", "/inbox/{conversation}/meetings/new/"): (None, inside(200, 200)),
    ("POST", "/inbox/{conversation}/meetings/new/"): (MEETING, inside(302, 302)),
    ("GET", "/inbox/meetings/{meeting}/"): (None, inside(200, 200)),
    ("POST", "/inbox/meetings/{meeting}/"): (MEETING, inside(302, 302)),
    ("POST", "/inbox/meetings/{meeting}/cancel/"): (None, inside(302, 302)),
    ("GET", "/rooms/of/{conversation}/"): (None, inside(302, 302)),
    ("GET", "/rooms/with/{client}/"): (None, signed_in_only(200)),
}  # fmt: skip

MENTIONS: Table = {("GET", "/inbox/mentions/"): (None, signed_in_only(200))}

# One is Tomas's own, the other one Northwind's, which its administrator manages.
TEMPLATES: Table = {
    ("GET", "/inbox/templates/"): (None, signed_in_only(200)),
    ("GET", "/inbox/templates/new/"): (None, signed_in_only(200)),
    ("POST", "/inbox/templates/new/"): (TEMPLATE, signed_in_only(302)),
    ("POST", "/inbox/templates/preview/"): ({"body": "Hi"}, signed_in_only(200)),
    ("GET", "/inbox/templates/{template}/"): (None, page.each(client=200, others=404)),
    ("POST", "/inbox/templates/{template}/"): (TEMPLATE, page.each(client=302, others=404)),
    ("GET", "/inbox/templates/{shared_template}/"): (None, page.each(manager=200, others=404)),
    ("POST", "/inbox/templates/{shared_template}/"): (
        TEMPLATE, page.each(manager=302, others=404),
    ),
    ("POST", "/inbox/templates/{template}/delete/"): (None, page.each(client=302, others=404)),
    ("POST", "/inbox/templates/{shared_template}/delete/"): (
        None, page.each(manager=302, others=404),
    ),
    ("GET", "/conversations/{conversation}/templates/{template}/"): (
        None, page.each(client=200, others=404),
    ),
    ("GET", "/conversations/{conversation}/templates/{shared_template}/"): (
        None, page.each(client=200, others=404),
    ),
}  # fmt: skip

ONESELF: Table = {
    ("GET", "/inbox/settings/"): (None, signed_in_only(200)),
    ("HEAD", "/inbox/settings/"): (None, signed_in_only(200)),
    ("POST", "/inbox/settings/"): ({"notifications": "none"}, signed_in_only(302)),
    ("GET", "/profile/"): (None, signed_in_only(200)),
    ("POST", "/profile/"): (PROFILE, signed_in_only(302)),
    ("GET", "/profile/sessions/"): (None, signed_in_only(200)),
    ("POST", "/profile/sessions/end-others/"): (None, signed_in_only(302)),
    ("POST", "/profile/sessions/{session}/end/"): (None, page.each(client=302, others=404)),
    ("GET", "/profile/tokens/"): (None, page.each(guest=302, others=200)),
    # First they prove once more who they are.
    ("GET", "/profile/tokens/new/"): (None, signed_in_only(302)),
    ("POST", "/profile/tokens/new/"): ({}, signed_in_only(302)),
    ("POST", "/profile/tokens/{token}/revoke/"): (
        None,
        page.each(client=302, guest=302, others=404),
    ),
    # Those with an account have kept it.
    ("GET", "/profile/keep/"): (None, page.each(guest=200, others=302)),
    ("POST", "/profile/keep/"): ({}, page.each(guest=422, others=302)),
    ("GET", "/profile/who-looked/"): (None, signed_in_only(200)),
    ("GET", "/files/{file}/"): (None, inside(200, 200)),
    ("GET", "/files/{waiting_file}/"): (None, clients_own(200)),
    ("GET", "/media/pictures/{picture}"): (None, signed_in_only(200)),
}

ALLAUTH: Table = {
    # Who is signed in is led home from what is for who is not.
    ("GET", "/accounts/login/"): (None, page.each(others=302, anonymous=200)),
    ("POST", "/accounts/login/"): ({}, page.each(others=302, anonymous=200)),
    ("GET", "/accounts/signup/"): (None, page.each(others=302, anonymous=200)),
    ("POST", "/accounts/signup/"): ({}, page.each(others=302, anonymous=200)),
    ("GET", "/accounts/logout/"): (None, page.each(others=200, anonymous=302)),
    ("POST", "/accounts/logout/"): (None, everybody(302)),
    ("GET", "/accounts/inactive/"): (None, everybody(200)),
    ("GET", "/accounts/reauthenticate/"): (None, page.each(guest=302, others=200)),
    ("POST", "/accounts/reauthenticate/"): (
        {"password": "wrong"},
        page.each(guest=302, others=200),
    ),
    ("GET", "/accounts/email/"): (None, page.each(guest=302, others=200)),
    ("POST", "/accounts/email/"): (
        {"action_add": "", "email": ""},
        page.each(guest=302, others=200),
    ),
    ("GET", "/accounts/confirm-email/"): (None, everybody(200)),
    ("POST", "/accounts/confirm-email/"): (None, everybody(302)),
    ("GET", "/accounts/confirm-email/{confirmation_key}/"): (None, everybody(200)),
    ("POST", "/accounts/confirm-email/{confirmation_key}/"): (None, everybody(302)),
    ("GET", "/accounts/password/change/"): (None, page.each(guest=302, others=200)),
    ("POST", "/accounts/password/change/"): ({}, page.each(guest=302, others=200)),
    ("GET", "/accounts/password/set/"): (None, signed_in_only(302)),
    ("POST", "/accounts/password/set/"): ({}, signed_in_only(302)),
    ("GET", "/accounts/password/reset/"): (None, everybody(200)),
    ("POST", "/accounts/password/reset/"): ({}, everybody(200)),
    ("GET", "/accounts/password/reset/done/"): (None, everybody(200)),
    ("GET", "/accounts/password/reset/key/done/"): (None, everybody(200)),
    ("GET", "/accounts/password/reset/key/{reset_uid}-{reset_token}/"): (None, everybody(302)),
    ("POST", "/accounts/password/reset/key/{reset_uid}-{reset_token}/"): ({}, everybody(302)),
    # Only after a code was asked for, which no page offers.
    ("GET", "/accounts/login/code/confirm/"): (None, everybody(302)),
    ("POST", "/accounts/login/code/confirm/"): ({}, everybody(302)),
}

OWN_STEPS = page.each(guest=302, outsider=302, others=404)

# What changes how one signs in asks first, once more, who it is.
TWO_STEPS: Table = {
    ("GET", "/accounts/2fa/"): (None, page.each(guest=302, others=200)),
    ("GET", "/accounts/2fa/authenticate/"): (None, page.each(others=302, anonymous=302)),
    ("POST", "/accounts/2fa/authenticate/"): ({}, page.each(others=302, anonymous=302)),
    ("GET", "/accounts/2fa/reauthenticate/"): (None, page.each(outsider=200, others=302)),
    ("POST", "/accounts/2fa/reauthenticate/"): ({}, page.each(outsider=200, others=302)),
    ("GET", "/accounts/2fa/totp/activate/"): (None, signed_in_only(302)),
    ("POST", "/accounts/2fa/totp/activate/"): ({}, signed_in_only(302)),
    # Only the outsider has an authenticator app, a passkey and recovery codes; a guest is led to
    # keeping the account before anything of it.
    ("GET", "/accounts/2fa/totp/deactivate/"): (None, OWN_STEPS),
    ("POST", "/accounts/2fa/totp/deactivate/"): ({}, OWN_STEPS),
    ("GET", "/accounts/2fa/recovery-codes/"): (None, OWN_STEPS),
    ("GET", "/accounts/2fa/recovery-codes/generate/"): (None, signed_in_only(302)),
    ("POST", "/accounts/2fa/recovery-codes/generate/"): ({}, signed_in_only(302)),
    ("GET", "/accounts/2fa/recovery-codes/download/"): (None, OWN_STEPS),
    ("GET", "/accounts/2fa/webauthn/"): (None, everybody(302)),
    ("GET", "/accounts/2fa/webauthn/add/"): (None, signed_in_only(302)),
    ("POST", "/accounts/2fa/webauthn/add/"): ({}, signed_in_only(302)),
    ("GET", "/accounts/2fa/webauthn/login/"): (None, everybody(302)),
    ("POST", "/accounts/2fa/webauthn/login/"): ({}, everybody(302)),
    ("GET", "/accounts/2fa/webauthn/reauthenticate/"): (
        None, page.each(outsider=200, others=302),
    ),
    ("POST", "/accounts/2fa/webauthn/reauthenticate/"): ({}, signed_in_only(302)),
    ("GET", "/accounts/2fa/webauthn/keys/{key}/remove/"): (None, signed_in_only(302)),
    ("POST", "/accounts/2fa/webauthn/keys/{key}/remove/"): ({}, signed_in_only(302)),
    ("DELETE", "/accounts/2fa/webauthn/keys/{key}/remove/"): (None, signed_in_only(302)),
    ("GET", "/accounts/2fa/webauthn/keys/{key}/edit/"): (None, signed_in_only(302)),
    ("POST", "/accounts/2fa/webauthn/keys/{key}/edit/"): ({}, signed_in_only(302)),
}  # fmt: skip


def _but_for_guests(status: int) -> Statuses:
    """Whoever asks; guests are led to what they may."""
    return page.each(guest=302, others=status, anonymous=status)


# No provider is set up here; accounts/tests/test_providers.py asks one.
PROVIDERS: Table = {
    ("GET", "/accounts/3rdparty/"): (None, page.each(guest=302, others=200)),
    ("POST", "/accounts/3rdparty/"): ({}, page.each(guest=302, others=200)),
    ("GET", "/accounts/3rdparty/login/cancelled/"): (
        None,
        _but_for_guests(200),
    ),
    ("GET", "/accounts/3rdparty/login/error/"): (
        None,
        _but_for_guests(401),
    ),
    ("GET", "/accounts/3rdparty/signup/"): (None, everybody(302)),
    ("POST", "/accounts/3rdparty/signup/"): ({}, everybody(302)),
    ("GET", "/accounts/oidc/{provider}/login/"): (
        None,
        _but_for_guests(404),
    ),
    ("POST", "/accounts/oidc/{provider}/login/"): (
        {},
        _but_for_guests(404),
    ),
    ("GET", "/accounts/oidc/{provider}/login/callback/"): (
        None,
        _but_for_guests(404),
    ),
}

SERVER: Table = {
    ("POST", "/reports/"): (None, everybody(400)),  # browsers send them without a person
    ("GET", "/healthz"): (None, everybody(503)),  # no worker runs beside the tests
    ("GET", "/readyz"): (None, everybody(200)),
}

PAGES: Table = {
    **ROOMS,
    **LINKS,
    **ORGANISATION,
    **CONVERSATIONS,
    **INBOX,
    **MENTIONS,
    **TEMPLATES,
    **ONESELF,
    **ALLAUTH,
    **TWO_STEPS,
    **PROVIDERS,
    **SERVER,
}
