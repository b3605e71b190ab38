"""What staff fill in before they look."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils import timezone

from audit.models import MAX_REASON, MIN_REASON
from audit.queries import DONE, REFUSED, Search, UnknownObject, check_object

RECENT_DAYS = 30


class ReasonForm(forms.Form):
    """Why somebody needs to see other people's data."""

    reason = forms.CharField(
        max_length=MAX_REASON,
        error_messages={"required": "Say why you need to see this."},
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=f"At least {MIN_REASON} characters: for example the number of a ticket and what "
        "was asked. The people concerned read it word for word.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].widget.attrs["class"] = "vLargeTextField"


class _Day(forms.DateInput):
    """A browser's own field for a day, which wants to be filled in as ISO 8601 says."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ExportForm(ReasonForm):
    """Which part of the log to take away, how and why; first the last `RECENT_DAYS`."""

    field_order = ("since", "until", "person", "object", "outcome", "kind", "reason")

    since = forms.DateField(
        label="From",
        initial=lambda: timezone.localdate() - timedelta(days=RECENT_DAYS - 1),
        widget=_Day(),
    )
    until = forms.DateField(
        label="To",
        initial=timezone.localdate,
        widget=_Day(),
        help_text="This day included.",
    )
    person = forms.EmailField(required=False, help_text="The address of who did it; empty for all.")
    object = forms.CharField(
        required=False, max_length=100, help_text="<kind>:<id> or an id; empty for everything."
    )
    outcome = forms.ChoiceField(
        required=False, choices=[("", "Done and refused"), (DONE, "Done"), (REFUSED, "Refused")]
    )
    kind = forms.ChoiceField(label="File", choices=[("csv", "CSV"), ("jsonl", "JSON lines")])

    def clean_person(self) -> Any:
        """Their id."""
        email = self.cleaned_data["person"]
        if not email:
            return None
        people = get_user_model().objects.filter(email__iexact=email)
        if (found := people.values_list("pk", flat=True).first()) is None:
            raise forms.ValidationError("Nobody has this address.")
        return found

    def clean_object(self) -> str:
        """An object's name, or nothing."""
        text: str = self.cleaned_data["object"].strip()
        if text:
            try:
                check_object(text)
            except UnknownObject as error:
                raise forms.ValidationError(str(error)) from None
        return text

    @property
    def search(self) -> Search:
        """What it asks for; days are the reader's own."""
        values = self.cleaned_data
        zone = timezone.get_current_timezone()
        after = values["until"] + timedelta(days=1)
        return Search(
            person=values["person"],
            address=self.data.get("person", "").strip(),
            object=values["object"],
            outcome=values["outcome"],
            since=datetime.combine(values["since"], time(), zone),
            until=datetime.combine(after, time(), zone),
        )

    @property
    def why(self) -> str:
        """The reason."""
        return str(self.cleaned_data["reason"])

    @property
    def file(self) -> str:
        """The name of the form that the file has."""
        return str(self.cleaned_data["kind"])
