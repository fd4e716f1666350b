"""Between the request and the view: the one error handler, must-change passwords, and devices in use."""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import Callable

from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import PermissionDenied
from django.db.utils import Error as DatabaseFailed
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from kedang.kernel import clock
from kedang.kernel.errors import KedangError
from kedang.kernel.faults import SAID, Fault, fault_of
from kedang.kernel.faults import note as note_fault
from kedang.kernel.once import once
from kedang.web import outcomes, sessions
from kedang.web.replies import is_fragment
from kedang.web.views.security import lacks_factor

log = logging.getLogger("kedang.web")
Next = Callable[[HttpRequest], HttpResponse]
FREE_WHILE_OLD_PASSWORD = {"password", "logout"}
# Where a person may go who must set up a second factor first.
SETS_UP_FACTOR = FREE_WHILE_OLD_PASSWORD | {
    "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
    "account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
}  # fmt: skip


class Answers:
    """Turns what the kernel raises into the page or fragment that says it; a bug into an error with a number."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "storage_failed", False) and response.status_code == 422:
            # The form says at its field that the file was not kept; that is no fault of what was typed.
            response.status_code = 507
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The answer to a view that raised."""
        if is_api(request) or isinstance(error, (ImmediateHttpResponse, ReauthenticationRequired)):
            return None  # the API's own middleware answers the one, allauth's the other
        if isinstance(error, KedangError):
            return outcomes.answer(request, error)
        # In development Django's own page says more.
        return None if settings.DEBUG or isinstance(error, (Http404, PermissionDenied)) else broken(request, error)


def broken(request: HttpRequest, error: BaseException | None = None) -> HttpResponse:
    """500 with a number that stands in the log too, so that whoever is told of it can find it."""
    error = error or sys.exc_info()[1]
    number = f"{clock.now():%m%d-%H%M}-{secrets.token_hex(2).upper()}"
    log.error("error %s at %s %s", number, request.method, request.path, exc_info=error)
    if (fault := fault_of(error)) is not None:
        note_fault(fault)
        return failing(request, fault, number)
    template = "errors/500_part.html" if is_fragment(request) else "errors/500.html"
    response = render(request, template, {"number": number}, status=500)
    if is_fragment(request):
        response["HX-Retarget"], response["HX-Reswap"] = "#why-body", "innerHTML"
        response["HX-Trigger-After-Swap"] = "why"
    return response


def failing(request: HttpRequest, fault: Fault, number: str) -> HttpResponse:
    """503 when the machine below failed: nothing was changed, and what was typed can be sent again. The page asks nothing of
    the database, which may be what failed."""
    part = is_fragment(request)
    context = {"number": number, "what": SAID[fault], "unsure": fault == Fault.DATABASE}
    text = render_to_string("errors/fault_part.html" if part else "errors/fault.html", context)
    response = HttpResponse(text, status=503, headers={"Retry-After": "60"})
    if part:
        response["HX-Retarget"], response["HX-Reswap"] = "#why-body", "innerHTML"
        response["HX-Trigger-After-Swap"] = "why"
    return response


def is_api(request: HttpRequest) -> bool:
    """The API answers in JSON by itself."""
    return request.path.startswith("/api/")


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page, and back here afterwards; a fragment sends the whole page there. Whoever was submitting something
    keeps the page with what he typed, and signs in beside it."""
    if is_fragment(request):
        url = redirect_to_login(request.htmx.current_url_abs_path or "/").url
        if request.method == "GET":
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        response = render(request, "errors/signed_out_part.html", {"url": url}, status=403)
        response["HX-Retarget"], response["HX-Reswap"] = "#why-body", "innerHTML"
        response["HX-Trigger-After-Swap"] = "why"
        return response
    return redirect_to_login(request.get_full_path())


class Sessions(SessionMiddleware):
    """Django's own, but for one case: the deed has committed, and only the line that says so cannot be kept."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session; whoever is signed in already is not told that what was done had failed."""
        try:
            return super().process_response(request, response)
        except (DatabaseFailed, SessionInterrupted):
            # Django calls a save that fails "interrupted" as well, and answers 400 in English.
            if settings.SESSION_COOKIE_NAME not in request.COOKIES:
                raise
            log.exception("the session could not be saved at %s %s", request.method, request.path)
            return response


class SignedIn:
    """Keeps the list of devices up to date, and holds whoever must change the password on that page."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # What a page asks for many times (who one is, what is in force) is looked up once.
        with once():
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Before the view."""
        if is_api(request):
            return None  # machines have no session, and the password is asked after where their token is
        if not request.user.is_authenticated:
            return None if not getattr(view, "login_required", True) else to_sign_in(request)
        sessions.touch(request)
        name = request.resolver_match.url_name if request.resolver_match else ""
        if request.user.must_change_password and name not in FREE_WHILE_OLD_PASSWORD:
            return HttpResponseRedirect(reverse("password"))
        if SETS_UP_FACTOR.isdisjoint({name}) and lacks_factor(request.user):
            return HttpResponseRedirect(reverse("mfa_index"))
        return None
