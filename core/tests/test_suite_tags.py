"""Times in words, icons and faces, as every template says them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone
from django.utils.safestring import SafeString

from core.templatetags import suite

ME = UUID(int=2)
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 14, 5, tzinfo=BERLIN)


@dataclass
class Person:
    name: str = "Mara Lindqvist"
    initials: str = "ML"
    person_colour: int = 3
    picture: object | None = None
    pk: UUID = ME


class Picture:
    url = "/media/mara.png"


@pytest.fixture(autouse=True)
def friday_in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(timezone, "now", lambda: NOW.astimezone(UTC))
    with timezone.override(BERLIN):
        yield


def berlin(*parts: int) -> datetime:
    """A moment given in Berlin's time and handed over in UTC, as the database does."""
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)  # type: ignore[arg-type,misc]


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def test_clock_is_in_the_active_time_zone() -> None:
    assert suite.clock(berlin(2026, 11, 20, 14, 30)) == "14:30"
    assert suite.clock(berlin(2026, 11, 20, 9, 5)) == "9:05"
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert suite.clock(berlin(2026, 11, 20, 14, 30)) == "22:30"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (berlin(2026, 11, 20, 0, 0), "today"),
        (berlin(2026, 11, 20, 23, 59), "today"),
        (berlin(2026, 11, 19, 23, 59), "yesterday"),
        (berlin(2026, 11, 21, 0, 0), "tomorrow"),
        (berlin(2026, 11, 27, 9, 0), "Friday 27 November"),
        (berlin(2027, 1, 4, 9, 0), "Monday 4 January 2027"),
    ],
)
def test_day(value: datetime, words: str) -> None:
    assert suite.day(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (berlin(2026, 11, 20, 14, 30), "today 14:30"),
        (berlin(2026, 11, 21, 9, 0), "tomorrow 9:00"),
        (berlin(2026, 11, 19, 9, 0), "yesterday 9:00"),
        (berlin(2026, 11, 27, 14, 30), "Fri 27 Nov 14:30"),
        (berlin(2025, 11, 27, 14, 30), "Thu 27 Nov 2025 14:30"),
    ],
)
def test_when(value: datetime, words: str) -> None:
    assert suite.when(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0 min"),
        (25, "25 min"),
        (60, "1 h"),
        (80, "1 h 20 min"),
        (timedelta(minutes=61, seconds=10), "1 h 1 min"),
        (None, ""),
    ],
)
def test_minutes(value: float | timedelta | None, words: str) -> None:
    assert suite.minutes(value) == words


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=59), "now"),
        (timedelta(seconds=-59), "now"),
        (timedelta(minutes=25), "in 25 min"),
        (timedelta(minutes=-12, seconds=-30), "12 min ago"),
        (timedelta(hours=2, minutes=59), "in 2 h"),
        (timedelta(hours=-23, minutes=-59), "23 h ago"),
        (timedelta(days=-1), "yesterday 14:05"),
    ],
)
def test_relative(ahead: timedelta, words: str) -> None:
    assert suite.relative(NOW + ahead) == words


def test_no_value_is_no_words() -> None:
    assert [f(None) for f in (suite.clock, suite.day, suite.when, suite.relative)] == [""] * 4
    assert suite.moment(None) == ""


def test_moment_names_the_zone_and_keeps_the_exact_time() -> None:
    assert render("{% moment at %}", at=berlin(2026, 11, 20, 14, 30)) == (
        '<time datetime="2026-11-20T14:30:00+01:00"'
        ' title="Friday 20 November 2026, 14:30 (Europe/Berlin)">today 14:30</time>'
    )
    assert render("{% moment at 'clock' %}", at=NOW).endswith(">14:05</time>")
    assert " data-relative>in 25 min<" in render(
        "{% moment at 'relative' %}", at=berlin(2026, 11, 20, 14, 30)
    )


def test_an_icons_label_is_escaped_whatever_was_said_before() -> None:
    # Equal as words, and so once the same entry of the cache.
    assert 'aria-label="<b>"' in suite.icon("pin", label=SafeString("<b>"))
    assert 'aria-label="&lt;b&gt;"' in suite.icon("pin", label="<b>")


def test_icon_is_decoration_unless_it_is_named() -> None:
    assert render("{% icon 'house' %}") == (
        '<svg class="icon" aria-hidden="true">'
        '<use href="/static/build/icons.svg#house"></use></svg>'
    )
    assert 'class="icon icon-16 text-muted"' in render("{% icon 'check' 16 css='text-muted' %}")
    html = render("{% icon 'check' label=label %}", label="<Done>")
    assert 'role="img" aria-label="&lt;Done&gt;"' in html


def test_face_shows_initials_on_the_persons_colour() -> None:
    html = render("{% face person size=24 presence='away' %}", person=Person())
    assert 'class="face person-3 face-24 is-away"' in html
    assert 'aria-hidden="true">ML</span>' in html


def test_face_in_a_room_has_the_colour_of_that_room() -> None:
    me, earlier = Person(), UUID(int=10)
    html = render("{% face person among=first %}", person=me, first=[earlier, me.pk])
    assert 'class="face person-4"' in html
    html = render("{% face person among=first %}", person=me, first=[me.pk, earlier])
    assert 'class="face person-3"' in html
    html = render("{% face person among=room.first_comers %}", person=me)
    assert 'class="face person-3"' in html
    assert json.loads(render("{{ first|colours|safe }}", first=[earlier, me.pk])) == {
        str(earlier): 3,
        str(me.pk): 4,
    }


def test_face_that_stands_alone_is_named_with_its_presence() -> None:
    html = render("{% face person named=True presence='live' %}", person=Person())
    assert 'role="img" aria-label="Mara Lindqvist, in the consultation"' in html
    assert 'class="face person-3 is-live"' in html


def test_face_shows_a_picture_where_there_is_one() -> None:
    html = render("{% face person %}", person=Person(picture=Picture()))
    assert '<img src="/media/mara.png" alt="" width="32" height="32">' in html
    assert "ML" not in html


def test_a_size_without_a_class_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError):
        render("{% face person size=33 %}", person=Person())


class AddressForm(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        help_text="Where we write to.",
        widget=forms.EmailInput(attrs={"class": "wide", "placeholder": "E-mail address"}),
    )
    street = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "Long Lane 3"}))


def test_control_adds_classes_and_drops_a_placeholder_that_repeats_the_label() -> None:
    form = AddressForm({"email": "nobody"})
    html = render("{% control form.email autocomplete='username' data_x='' %}", form=form)
    assert 'class="wide field"' in html
    assert "placeholder" not in html
    assert 'autocomplete="username"' in html
    assert "data-x" not in html
    assert 'value="nobody"' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'placeholder="Long Lane 3"' in render("{% control form.street %}", form=form)
