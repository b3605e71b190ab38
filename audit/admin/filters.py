"""What the audit log in the admin is filtered by."""

from calendar import month_name, monthrange
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from audit.queries import DONE, REFUSED, named, of_outcome
from core.events import DomainEvent
from core.models import Event


class OutcomeFilter(admin.SimpleListFilter):
    """Done or refused."""

    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both."""
        return [(DONE, "Done"), (REFUSED, "Refused")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """What was chosen."""
        return of_outcome(queryset, self.value() or "")


class ActionFilter(admin.SimpleListFilter):
    """The events that the product knows; the log is not asked which ones it holds.

    Of refused attempts also the way in (``POST api:room-complete``), to which rows lead.
    """

    title = "action"
    parameter_name = "action"
    template = "admin/audit/action_filter.html"
    kept: Mapping[str, str] = {}
    """What else the list is asked for."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All of them, in words."""
        return [(name, found.words()) for name, found in sorted(DomainEvent.classes.items())]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """As Django."""
        names = {self.parameter_name, "p"}
        self.kept = {name: text for name, text in changelist.params.items() if name not in names}
        return super().choices(changelist)

    def groups(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """By what they are about: (app, (name, words)), in the order of the words."""
        by_app: dict[str, list[tuple[str, str]]] = {}
        for name, found in DomainEvent.classes.items():
            label = found.__module__.partition(".")[0]
            if apps.is_installed(label):  # not what a test has made
                by_app.setdefault(str(apps.get_app_config(label).verbose_name), []).append(
                    (name, found.words())
                )
        return [(app, sorted(rows, key=itemgetter(1))) for app, rows in sorted(by_app.items())]

    def way_in(self) -> str:
        """What is chosen, if it is no event."""
        chosen = self.value() or ""
        return "" if chosen in DomainEvent.classes else chosen

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """What was chosen."""
        chosen = self.value()
        return queryset.filter(named(chosen)) if chosen else queryset


class WhenFilter(admin.SimpleListFilter):
    """Years, then the months of one, then the days of one.

    As Django's date hierarchy, but worked out from the oldest entry's time alone: that one reads
    the whole log to leave out the months in which nothing happened.
    """

    title = "time"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What lies within what is chosen, and what is chosen itself."""
        chosen = _period(self.value_in(request))
        now = timezone.localtime()
        if chosen is None:
            oldest = Event.objects.order_by("at").values_list("at", flat=True).first() or now
            return [(str(year), str(year)) for year in range(now.year, oldest.year - 1, -1)]
        year, month, _ = chosen
        steps = [(f"{year}", f"{year}")]
        if month:
            steps.append((f"{year}-{month:02}", f"{month_name[month]} {year}"))
            days = range(1, monthrange(year, month)[1] + 1)
            inside = [
                (f"{year}-{month:02}-{each:02}", f"{each} {month_name[month]}") for each in days
            ]
        else:
            inside = [(f"{year}-{each:02}", f"{month_name[each]} {year}") for each in range(1, 13)]
        return [*steps, *inside]

    def value_in(self, request: HttpRequest) -> str:
        """What is chosen, before the filter itself has read it."""
        return request.GET.get(self.parameter_name, "")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """From the beginning of what is chosen to its end, in the reader's time zone."""
        chosen = _period(self.value() or "")
        if chosen is None:
            return queryset
        year, month, day = chosen
        zone = timezone.get_current_timezone()
        start = datetime(year, month or 1, day or 1, tzinfo=zone)
        if day:
            end = start + timedelta(days=1)
        else:
            end = start.replace(year=year + (not month or month == 12), month=(month % 12) + 1)
        return queryset.filter(at__gte=start, at__lt=end)


def _period(text: str) -> tuple[int, int, int] | None:
    """Year, month and day of ``2026``, ``2026-11`` or ``2026-11-21``, 0 for what is not said."""
    parts = [int(part) for part in text.split("-") if part.isdecimal() and len(part) <= 4]
    year, month, day = (*parts, 0, 0, 0)[:3]
    try:
        datetime(year, month or 1, day or 1)  # noqa: DTZ001 - only whether there is such a day
    except ValueError:
        return None
    return (year, month, day) if year < 9999 else None
