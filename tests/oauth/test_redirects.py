"""Which redirects may be registered and asked for, and why others may not."""

import pytest

from models.oauth.client import OAuthClient
from models.oauth.redirects import FORMS, LONGEST, ClientKind, difference, flaw_of

WEB = "https://app.example.org/cb"
HERE = "http://localhost/cb"
NEAR = "http://127.0.0.1/cb?x=1"


@pytest.mark.parametrize(
    ("uri", "public", "confidential"),
    [
        (WEB, "", ""),
        (HERE, "", "only https is for a client with a secret"),
        ("http://localhost:3000", "", "only https is for a client with a secret"),
        ("http://[::1]:3000/cb", "", "only https is for a client with a secret"),
        ("org.example.app:/cb", "", "only https is for a client with a secret"),
        ("http://localhost:65536/cb", *["it is no URI with a port from 1 to 65535"] * 2),
        ("http://localhost:0/cb", *["it is no URI with a port from 1 to 65535"] * 2),
        ("http://[::1/cb", *["it is no URI with a port from 1 to 65535"] * 2),
        ("http://localhost.evil.example/cb", "http is for this very device only", None),
        ("http://app.example.org/cb", "http is for this very device only", None),
        ("http://127.0.0.2/cb", "http is for this very device only", None),
        (f"{WEB}#x", *["it has a fragment"] * 2),
        ("https://ann@app.example.org/", *["it names a user"] * 2),
        ("https:///cb", *["it names no host"] * 2),
        ("watch:/cb", "a scheme of an app's own has a dot in it", None),
        ("org.example.app://cb", "a scheme of an app's own has no host behind it", None),
        ("/cb", "it has no scheme", None),
        (f"https://{'x' * LONGEST}", *[f"it is longer than {LONGEST} characters"] * 2),
        (
            "https://*.example.org/",
            *["it is compared character by character, and * is none of a redirect"] * 2,
        ),
        ("", *["it is compared character by character, and nothing is none of a redirect"] * 2),
    ],
)
def test_what_may_not_be_registered_is_told_why(
    uri: str, public: str, confidential: str | None
) -> None:
    expected: dict[ClientKind, str | None] = {"public": public, "confidential": confidential}
    for kind in FORMS:
        if expected[kind] is not None:
            assert flaw_of(uri, kind) == expected[kind], kind


@pytest.mark.parametrize(
    ("redirect", "why"),
    [
        ("", "there is none"),
        (f"{WEB}/", f"its path differs from that of {WEB}"),
        ("http://app.example.org/cb", f"its scheme differs from that of {WEB}"),
        ("https://app.example.org:8443/cb", f"its port differs from that of {WEB}"),
        (f"{WEB}?x=1", f"its query differs from that of {WEB}"),
        ("https://evil.example/", f"its host and path differ from those of {WEB}"),
        (f"{WEB}#x", f"its spelling differs from that of {WEB}"),
        ("http://localhost:3000/other", f"its path differs from that of {HERE}"),
        ("http://127.0.0.1:3000/cb?x=2", f"its query differs from that of {NEAR}"),
        ("https://[::1", "it is like none that the app has registered"),
    ],
)
def test_what_is_not_registered_is_told_how_it_differs(redirect: str, why: str) -> None:
    registered = (WEB, HERE, NEAR)

    assert not OAuthClient(id="cli_1", name="A", kind="public", redirects=registered).admits(
        redirect
    )
    assert difference(redirect, registered) == why


@pytest.mark.parametrize("port", ["", ":1", ":3000", ":65535"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_loopback_may_have_any_port_and_only_that(host: str, port: str) -> None:
    app = OAuthClient(id="cli_1", name="A", kind="public", redirects=(f"http://{host}:8080/cb",))

    assert app.admits(f"http://{host}{port}/cb")
    assert not app.admits(f"http://{host}{port}/cb/")
    assert not app.admits(f"https://{host}{port}/cb")
    assert not app.admits(f"http://{host}.evil.example{port}/cb")
