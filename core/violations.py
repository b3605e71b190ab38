"""Reading what browsers report of the content security policy (`/reports/`).

Both forms: `report-uri` (one `csp-report`) and the Reporting API (a list). What is kept says
where in the product and what was refused, never who looked at what: an address becomes its
route, a foreign one its origin, and samples of code are dropped.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

MAX_REPORT_BYTES = 16 * 1024
MAX_VIOLATIONS_OF_A_REPORT = 10
KEYWORDS = frozenset(
    {"inline", "eval", "wasm-eval", "self", "trusted-types-policy", "trusted-types-sink"}
)

SCHEMES = frozenset({"about", "blob", "chrome-extension", "data", "filesystem", "ftp", "http"}) | {
    *("https", "javascript", "moz-extension", "safari-web-extension", "ws", "wss"),
}
DIRECTIVES = frozenset(
    f"{kind}-src{part}"
    for kind in (
        *("child", "connect", "default", "font", "frame", "img", "manifest", "media", "object"),
        *("prefetch", "script", "style", "worker"),
    )
    for part in ("", "-elem", "-attr")
) | {"base-uri", "form-action", "frame-ancestors", "require-trusted-types-for", "sandbox"}
Names = tuple[str, str, str, str]
BY_REPORT_URI: Names = ("document-uri", "effective-directive", "blocked-uri", "source-file")
BY_REPORTING_API: Names = ("documentURL", "effectiveDirective", "blockedURL", "sourceFile")


@dataclass(frozen=True, kw_only=True)
class Violation:
    """``directive`` of the policy refused ``blocked`` on the page of ``route``."""

    directive: str
    blocked: str
    route: str
    source: str


class NoReport(ValueError):
    """Not a report of a browser."""


def violations(body: bytes) -> list[Violation]:
    """What a report's body tells of our own pages; raises `NoReport`."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise NoReport from None
    if isinstance(content, dict) and isinstance(report := content.get("csp-report"), dict):
        found = [_violation(report, BY_REPORT_URI)]
    elif isinstance(content, list):
        found = [
            _violation(each["body"], BY_REPORTING_API)
            for each in content[:MAX_VIOLATIONS_OF_A_REPORT]
            if isinstance(each, dict)
            and each.get("type") == "csp-violation"
            and isinstance(each.get("body"), dict)
        ]
    else:
        raise NoReport
    return [violation for violation in found if violation is not None]


def _violation(report: dict[str, Any], names: Names) -> Violation | None:
    page, directive, blocked, source = names
    ours = urlsplit(settings.PUBLIC_URL).netloc
    document = _parts(report.get(page))
    name = str(report.get(directive) or report.get("violated-directive") or "").split(" ")[0]
    if document is None or document.netloc != ours:
        return None  # of no page of ours: an extension, or invented
    if name not in DIRECTIVES:
        return None
    return Violation(
        directive=name,
        blocked=_origin(report.get(blocked)),
        route=_route(document.path),
        source=_origin(report.get(source)),
    )


def _parts(text: Any) -> Any:
    try:
        return urlsplit(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _route(path: str) -> str:
    """`rooms/<uuid:room_id>/` for a path of the product, nothing for any other."""
    try:
        return resolve(path).route[:200]
    except Resolver404:
        return ""


def _origin(text: Any) -> str:
    """A keyword as it is; of our own files the path, of anything else scheme and host."""
    parts = _parts(text)
    if parts is None:
        return ""
    if parts.netloc == urlsplit(settings.PUBLIC_URL).netloc:
        return parts.path[:200] if parts.path.startswith("/static/") else "self"
    if not parts.scheme:
        return text if text in KEYWORDS else ""
    if parts.scheme not in SCHEMES:
        return ""
    return f"{parts.scheme}://{parts.hostname or ''}"[:200] if parts.netloc else parts.scheme
