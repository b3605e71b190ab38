"""What every template needs: icons, faces, and times in the words that people use.

A builtin of the template engine, so templates do not load it. Times are said in the time
zone that is active for the request.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.colours import colours_among
from core.devices import Device, device_of
from core.zones import city, words_in_zones, zone_named

register = template.Library()

# Sizes that `.face-<n>` in frontend/styles/theme.css knows; 32 is the one without a class.
FACE_SIZES = frozenset({16, 24, 28, 32, 40, 64})
# Presence -> the words for it. The ring's form differs as well, so colour is never alone.
PRESENCE_WORDS = {"here": "here", "live": "in the consultation", "away": "away"}


@register.simple_tag
@lru_cache(maxsize=1024, typed=True)  # what is safe equals the same words that are not
def icon(name: str, size: int = 20, label: str = "", css: str = "") -> SafeString:
    """One Lucide icon of frontend/icons.txt, 16 or 20 px.

    Hidden from screen readers unless it has a ``label``, as words usually stand beside it.
    """
    classes = " ".join(filter(None, ["icon", "icon-16" if size == 16 else "", css]))
    sprite = static("build/icons.svg")
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}#{}"></use></svg>',
            classes,
            label,
            sprite,
            name,
        )
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>', classes, sprite, name
    )


@register.simple_tag
def face(
    user: Any, size: int = 32, presence: str = "", named: bool = False, among: Sequence[UUID] = ()
) -> SafeString:
    """A person's avatar: initials on their colour, or their picture.

    ``among`` are the first people of a room, where no two of them have the same colour;
    ``presence`` is ``here``, ``live``, ``away`` or empty. A face is decoration beside a name;
    where it stands alone, ``named`` gives it the name and the presence for screen readers.
    """
    if size not in FACE_SIZES:
        raise template.TemplateSyntaxError(f"A face of {size} px has no class in theme.css.")
    words = [str(user.name)]
    if presence:
        words.append(PRESENCE_WORDS[presence])
    return _face(
        initials=user.initials,
        picture=user.picture.url if user.picture else "",
        colour=colours_among(among or ()).get(user.pk, user.person_colour),
        size=size,
        presence=presence,
        label=", ".join(words) if named else "",
    )


@lru_cache(maxsize=1024, typed=True)
def _face(**words: str | int) -> SafeString:
    """The same people are shown again and again."""
    return render_to_string("components/face.html", words)


@register.simple_tag
def address(name: str, pk: UUID) -> str:
    """As ``url`` for one id, of an address that every message of a page has."""
    before, after = _around_id(name, get_urlconf(), get_script_prefix())
    return f"{before}{pk}{after}"


_ANY = UUID(int=0)


@lru_cache(maxsize=64)
def _around_id(name: str, _urlconf: str | None, _prefix: str) -> list[str]:
    return reverse(name, args=[_ANY]).split(str(_ANY))


@register.filter
def colours(first_comers: Sequence[UUID]) -> str:
    """As JSON: which colour each of the first people of a room has there."""
    return json.dumps(
        {str(person): colour for person, colour in colours_among(first_comers).items()}
    )


@register.filter
def as_json(value: Any) -> str:
    """For a data attribute, where a script reads it."""
    return json.dumps(value, separators=(",", ":"))


@register.simple_tag
def control(field: BoundField, css: str = "field", **more: str) -> SafeString:
    """A form field's control with our classes beside the widget's own.

    Django adds what ties it to its help and its errors; ``more`` are further attributes, with
    underscores for hyphens (``aria_describedby="note"``), left out where empty. A placeholder
    that only repeats the label is dropped: it reads as a filled field, and is gone when one
    types.
    """
    attrs: dict[str, Any] = {name.replace("_", "-"): value for name, value in more.items() if value}
    own = field.field.widget.attrs
    if classes := " ".join(filter(None, [own.get("class", ""), css])):
        attrs["class"] = classes
    if str(own.get("placeholder", "")).lower().startswith(str(field.label).lower()):
        attrs["placeholder"] = False
    return field.as_widget(attrs=attrs)


@register.filter
def device(user_agent: str) -> Device:
    """The program behind a User-Agent header: its ``name`` and ``icon``."""
    return device_of(user_agent)


@register.filter
def fours(code: str) -> list[str]:
    """A long code in parts of four characters, which people read and type more easily."""
    return [code[start : start + 4] for start in range(0, len(code), 4)]


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


def _days_from_today(local: datetime) -> int:
    return (local.date() - timezone.localdate()).days


_NEAR_DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}


@register.filter
def clock(value: datetime | None) -> str:
    """``14:30``, ``9:05``. Empty for no value, like all filters here."""
    if not value:
        return ""
    local = _local(value)
    return f"{local.hour}:{local.minute:02}"


@register.filter
def day(value: datetime | None) -> str:
    """``today``, ``yesterday``, ``tomorrow``, else ``Friday 20 November``, with another year."""
    if not value:
        return ""
    local = _local(value)
    near = _NEAR_DAYS.get(_days_from_today(local))
    if near:
        return near
    return dateformat.format(local, "l j F" if _is_this_year(local) else "l j F Y")


@register.filter
def when(value: datetime | None) -> str:
    """``today 14:30``, ``tomorrow 9:00``, ``Fri 27 Nov 14:30``, with another year."""
    if not value:
        return ""
    local = _local(value)
    date = _NEAR_DAYS.get(_days_from_today(local)) or dateformat.format(
        local, "D j M" if _is_this_year(local) else "D j M Y"
    )
    return f"{date} {clock(local)}"


@register.filter
def short(value: datetime | None) -> str:
    """For the end of a line: ``14:30`` today, ``Wed`` within a week, ``12 Nov``, with a year."""
    if not value:
        return ""
    local = _local(value)
    days = _days_from_today(local)
    if days == 0:
        return clock(value)
    if -7 < days < 7:
        return dateformat.format(local, "D")
    return dateformat.format(local, "j M" if _is_this_year(local) else "j M Y")


@register.filter
def there(value: datetime, user: Any) -> str:
    """What `when` says of a moment, in another person's time zone; the zone by its town."""
    with timezone.override(user.timezone):
        return f"{when(value)} ({user.timezone.rpartition('/')[2].replace('_', ' ')})"


def _is_this_year(local: datetime) -> bool:
    return local.year == timezone.localdate().year


@register.filter
def minutes(value: float | timedelta | None) -> str:
    """A duration, given in minutes or as a timedelta: ``25 min``, ``1 h``, ``1 h 20 min``."""
    if value is None:
        return ""
    total = value.total_seconds() / 60 if isinstance(value, timedelta) else float(value)
    hours, rest = divmod(round(total), 60)
    words = [f"{hours} h"] if hours else []
    if rest or not hours:
        words.append(f"{rest} min")
    return " ".join(words)


@register.filter
def relative(value: datetime | None) -> str:
    """``now``, ``in 25 min``, ``2 h ago``; from a day on it is said as ``when`` says it.

    frontend/src/lib/relative.js says the same, to keep it true while a page stays open.
    """
    if not value:
        return ""
    ahead = (value - timezone.now()).total_seconds()
    whole_minutes = int(abs(ahead) // 60)
    if whole_minutes >= 24 * 60:
        return when(value)
    if whole_minutes == 0:
        return "now"
    amount = f"{whole_minutes} min" if whole_minutes < 60 else f"{whole_minutes // 60} h"
    return f"in {amount}" if ahead > 0 else f"{amount} ago"


@register.simple_tag
def times_in(starts_at: datetime, ends_at: datetime, zones: Sequence[str]) -> str:
    """From when to when, in words for people in several zones, whoever reads it:
    ``10:00 to 10:45 in Copenhagen, 9:00 in Lisbon``."""
    return words_in_zones(starts_at, ends_at, zones)


@register.simple_tag
def date_in(value: datetime, zones: Sequence[str], wording: str) -> str:
    """A date in the first of the zones, in Django's format characters."""
    return dateformat.format(value.astimezone(zone_named(zones[0] if zones else "UTC")), wording)


@register.simple_tag
def local_time(person: Any, viewer: Any) -> str:
    """What the clock says where somebody is: ``13:36 in Lisbon, 1 h behind you``."""
    now = timezone.now()
    there, here = (now.astimezone(_zone_of(one)) for one in (person, viewer))
    ahead = there.replace(tzinfo=None) - here.replace(tzinfo=None)
    words = "as where you are"
    if ahead:
        words = f"{minutes(abs(ahead))} {'ahead of' if ahead > timedelta() else 'behind'} you"
    return f"{there.hour}:{there.minute:02} in {city(person.timezone)}, {words}"


def _zone_of(person: Any) -> ZoneInfo:
    """Of an account whose zone is no more, UTC."""
    return zone_named(person.timezone)


_WORDINGS = {"when": when, "clock": clock, "day": day, "short": short, "relative": relative}


@register.simple_tag
def moment(value: datetime | None, wording: str = "when") -> SafeString | str:
    """A ``<time>``: words to read, the exact moment with its zone as the title.

    ``wording`` is ``when``, ``clock``, ``day``, ``short``, or ``relative``, which app.js keeps
    true.
    """
    if not value:
        return ""
    local = _local(value)
    zone = timezone.get_current_timezone()
    exact = dateformat.format(local, "l j F Y, G:i")
    return format_html(
        '<time datetime="{}" title="{} ({})"{}>{}</time>',
        local.isoformat(timespec="seconds"),
        exact,
        getattr(zone, "key", None) or local.tzname() or "",
        SafeString(" data-relative") if wording == "relative" else "",
        _WORDINGS[wording](value),
    )
