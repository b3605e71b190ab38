"""The sign-in page, which stays where it is when there were too many attempts."""

from allauth.account.views import LoginView
from django.http import HttpRequest, HttpResponse

from accounts.limits import TooManyAttempts


class SignIn(LoginView):  # type: ignore[misc]
    """allauth's page; over a limit it keeps the address and says when to try again (429)."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Sign in."""
        try:
            response: HttpResponse = super().post(request, *args, **kwargs)
        except TooManyAttempts as error:
            return self.refused(error)
        return response

    def refused(self, error: TooManyAttempts) -> HttpResponse:
        """The form with the address that was typed, and with what stopped it."""
        typed = self.request.POST
        initial = {"login": typed.get("login", ""), "remember": "remember" in typed}
        form = self.get_form_class()(request=self.request, initial=initial)
        context = self.get_context_data(form=form, refusal=error)
        response: HttpResponse = self.render_to_response(context, status=error.status)
        response["Retry-After"] = str(error.retry_after)
        return response
