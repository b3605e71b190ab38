"""A form whose action lacks a permission is a refused attempt, not a fault of a field."""

from typing import Any

import pytest
from django import forms

from core.errors import ActionError, Conflict, NotAllowed, RateLimited
from core.requests import show_refusal


class Form(forms.Form):
    name = forms.CharField()
    email = forms.CharField(required=False)


def shown(error: ActionError, **more: Any) -> dict[str, list[str]]:
    form = Form({"name": "x"})
    show_refusal(form, error, **more)
    return {field: [*lines] for field, lines in form.errors.items()}


def test_beside_the_field_that_is_wrong() -> None:
    assert shown(Conflict("Taken.", field="name")) == {"name": ["Taken."]}


def test_above_the_form_or_at_another_field_where_there_is_none() -> None:
    assert shown(Conflict("Taken.", field="colour")) == {"__all__": ["Taken."]}
    assert shown(Conflict("Taken."), other="email") == {"email": ["Taken."]}


@pytest.mark.parametrize("error", [NotAllowed(), RateLimited(5)])
def test_what_is_no_fault_of_a_field_passes(error: ActionError) -> None:
    with pytest.raises(type(error)):
        shown(error)
