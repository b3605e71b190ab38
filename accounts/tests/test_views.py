"""The profile page, and people's pictures."""

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from tests.fixtures import capture_events, everything_stored, names

PROFILE = "/profile/"


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """Pictures go to a folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def browser(client: Client, client_user: User) -> Client:
    """Tomas, signed in."""
    client.force_login(client_user)
    return client


def values(**changed: object) -> dict[str, object]:
    return {"name": "Tomas Okafor", "timezone": "UTC", "locale": "en-gb"} | changed


def portrait(form: str = "PNG", size: tuple[int, int] = (400, 300)) -> SimpleUploadedFile:
    stream = BytesIO()
    Image.new("RGB", size, "teal").save(stream, form)
    return SimpleUploadedFile("me<script>.png", stream.getvalue(), content_type="text/html")


def test_the_profile_is_at_profile(client: Client) -> None:
    assert reverse("accounts:profile") == PROFILE
    response = client.get(PROFILE)
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/profile/")


def test_shows_what_is_kept(browser: Client, client_user: User) -> None:
    html = browser.get(PROFILE).content.decode()
    assert 'value="Tomas Okafor"' in html
    assert '<option value="UTC" selected>UTC</option>' in html
    assert client_user.email in html


def test_saves_by_one_action_and_says_so(browser: Client, client_user: User) -> None:
    with capture_events() as events:
        response = browser.post(
            PROFILE, values(name="Tomas O.", timezone="Europe/Lisbon"), follow=True
        )
    assert response.redirect_chain == [(PROFILE, 302)]
    assert "Saved." in response.content.decode()
    assert [event.data["fields"] for event in events] == [["name", "timezone"]]
    client_user.refresh_from_db()
    assert (client_user.name, client_user.timezone) == ("Tomas O.", "Europe/Lisbon")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "Enter your name."),
        ({"name": "T" * 151}, "at most 150 characters"),
        ({"timezone": "Mars/Olympus"}, "Select a valid choice."),
        ({"locale": "tlh"}, "Select a valid choice."),
        ({"picture": SimpleUploadedFile("x.png", b"<svg onload=alert(1)>")}, "valid image"),
        ({"picture": SimpleUploadedFile("x.png", b"")}, "empty"),
        ({"picture": portrait("GIF")}, "Choose a PNG, JPEG or WebP picture."),
        ({"picture": portrait(size=(8_000, 7_000))}, "too many pixels"),
        (
            {"picture": SimpleUploadedFile("x.png", portrait().read() + b"x" * 2**21)},
            "This picture is over 2 MB.",
        ),
    ],
)
def test_says_what_is_wrong_and_keeps_what_was_typed(
    changed: dict[str, object], said: str, browser: Client
) -> None:
    before = everything_stored()
    response = browser.post(PROFILE, values(timezone="Europe/Oslo") | changed)
    html = response.content.decode()
    assert response.status_code == 422
    assert said in html
    assert everything_stored() == before
    if "timezone" not in changed:
        assert '<option value="Europe/Oslo" selected>' in html


def test_a_picture_is_drawn_anew_and_served_to_who_is_signed_in(
    browser: Client, client_user: User, outsider: User, media: Path
) -> None:
    with capture_events() as events:
        assert browser.post(PROFILE, values(picture=portrait())).status_code == 302
    assert [event.data["fields"] for event in events] == [["picture"]]
    client_user.refresh_from_db()
    url = client_user.picture.url
    assert url in browser.get(PROFILE).content.decode()
    browser.force_login(outsider)
    response = browser.get(url)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, immutable, max-age=31536000"
    with Image.open(BytesIO(response.content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (256, 256))
    assert [file.name for file in media.rglob("*.webp")] == [url.rpartition("/")[2]]
    browser.logout()
    assert browser.get(url).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_new_picture_replaces_the_file_and_clearing_removes_it(
    browser: Client, client_user: User, media: Path
) -> None:
    browser.post(PROFILE, values(picture=portrait()))
    (first,) = media.rglob("*.webp")
    browser.post(PROFILE, values(picture=portrait("JPEG")))
    (second,) = media.rglob("*.webp")
    assert first != second
    text = browser.get(PROFILE).content.decode()
    assert "Remove the picture" in text
    assert "Currently" not in text
    # Saved without choosing a picture: it stays.
    browser.post(PROFILE, values(name="Tomas"))
    assert list(media.rglob("*.webp")) == [second]
    with capture_events() as events:
        browser.post(PROFILE, values(name="Tomas") | {"picture-clear": "on"})
    assert names(events) == ["ProfileChanged"]
    assert list(media.rglob("*.webp")) == []
    client_user.refresh_from_db()
    assert not client_user.picture


@pytest.mark.parametrize("name", ["nothing.webp", "..%2f..%2fsettings.py", "x"])
def test_other_files_are_not_served(name: str, browser: Client) -> None:
    assert browser.get(f"/media/pictures/{name}").status_code == 404


def test_a_picture_whose_file_is_gone_is_not_found(
    browser: Client, client_user: User, media: Path
) -> None:
    browser.post(PROFILE, values(picture=portrait()))
    client_user.refresh_from_db()
    (file,) = media.rglob("*.webp")
    file.unlink()
    assert browser.get(client_user.picture.url).status_code == 404
    assert browser.get(PROFILE).status_code == 200
