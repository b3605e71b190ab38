"""What staff fill in before they look."""

from typing import Any

from django import forms

from audit.models import MAX_REASON, MIN_REASON


class ReasonForm(forms.Form):
    """Why somebody needs to see other people's data."""

    reason = forms.CharField(
        min_length=MIN_REASON,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60, "autofocus": True}),
        help_text="For example the number of a ticket and what was asked. "
        "The people concerned read it word for word.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].widget.attrs["class"] = "vLargeTextField"
