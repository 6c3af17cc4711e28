"""Views rendered as HTML, and their Content-Security-Policy: no source but the page itself."""

import re
import secrets
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from tornado.template import Loader

TEMPLATES: Final = Path(__file__).with_name("templates")
STYLE: Final = (TEMPLATES / "style.css").read_text()
_LOADER: Final = Loader(str(TEMPLATES))
_HOST: Final = re.compile(r"[a-z0-9.-]+(:[0-9]+)?", re.IGNORECASE)


def script_of(name: str) -> str:
    """The script *name*, which stands beside the templates."""
    return (TEMPLATES / f"{name}.js").read_text()


SCRIPT: Final = script_of("passkeys")


class PageView(msgspec.Struct, frozen=True, kw_only=True):
    """A page that is to be shown.

    Attributes
    ----------
    values
        What its template is given.
    leads_to
        The place of others to which its form may send the browser in the end.
    failed
        Whether it shows a form again, with what is wrong: its title is what is read out first.
    has_frame
        Whether it frames another page of ours.
    has_worker
        Whether its script registers a service worker.

    """

    title: str
    template: str
    values: dict[str, Any] = {}
    leads_to: str = ""
    wide: bool = False
    failed: bool = False
    has_frame: bool = False
    has_worker: bool = False


def rendered(view: PageView, host: str) -> tuple[bytes, str]:
    """*view* as HTML for a browser that came to *host*, and its `Content-Security-Policy`."""
    nonce = secrets.token_urlsafe(18)
    page = _LOADER.load(f"{view.template}.html").generate(
        title=view.title,
        wide=view.wide,
        failed=view.failed,
        host=host,
        nonce=nonce,
        style=STYLE,
        script=SCRIPT,
        **view.values,
    )
    allowed = policy(nonce, view.leads_to, has_frame=view.has_frame, has_worker=view.has_worker)
    return page, allowed


def policy(nonce: str, leads_to: str, *, has_frame: bool = False, has_worker: bool = False) -> str:
    """What a browser may do with a page (CSP level 3)."""
    rules = {
        "default-src": "'none'",
        "style-src": f"'nonce-{nonce}'",
        "script-src": f"'nonce-{nonce}'",
        "img-src": "data:",
        "form-action": f"'self' {source_of(leads_to)}".rstrip(),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    if has_frame:
        rules["frame-src"] = "'self'"
    if has_worker:
        rules["worker-src"] = "'self'"
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def source_of(url: str) -> str:
    """How a policy names where *url* leads: browsers follow `form-action` through redirects too.

    Examples
    --------
    >>> source_of("https://app.example.org/cb?x=1"), source_of("org.example.app:/cb")
    ('https://app.example.org', 'org.example.app:')

    A policy has no word for an address of IPv6:

    >>> source_of("http://[::1]:4711/cb"), source_of("")
    ('http:', '')

    """
    parts = urlsplit(url)
    if _HOST.fullmatch(parts.netloc):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:" if parts.scheme else ""
