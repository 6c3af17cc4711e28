"""Requests by cookies that are not of our pages."""

from typing import Final

from tests.account.web_app import CSRF
from tests.support.wire.relying import ISSUER

COOKIE: Final = "__Host-sid"

# A write with the right cookie: what is sent beside it, and what comes of it.  `{csrf}` is the
# right word, `{other}` that of another browser, `{form}` that of this browser's forms.
RIGHT: Final = {CSRF: "{csrf}"}
BESIDE: Final[dict[str, tuple[int, dict[str, str]]]] = {
    "no word": (403, {}),
    "an empty word": (403, {CSRF: ""}),
    "another word": (403, {CSRF: "x" * 64}),
    "another browser's word": (403, {CSRF: "{other}"}),
    "the word of forms": (403, {CSRF: "{form}"}),
    "a part of the word": (403, {CSRF: "{part}"}),
    "the word in capitals": (403, {CSRF: "{capitals}"}),
    "the word and more": (403, {CSRF: "{csrf}0"}),
    "the word under another name": (403, {"X-CSRF-Token": "{csrf}", "X-XSRFToken": "{csrf}"}),
    "a word beyond ASCII": (403, {CSRF: "\u00e4" * 64}),
    "another site": (403, RIGHT | {"Sec-Fetch-Site": "cross-site"}),
    "a neighbour": (403, RIGHT | {"Sec-Fetch-Site": "same-site"}),
    "no site at all": (403, RIGHT | {"Sec-Fetch-Site": "none"}),
    "a site in capitals": (403, RIGHT | {"Sec-Fetch-Site": "Same-Origin"}),
    "two sites": (403, RIGHT | {"Sec-Fetch-Site": "same-origin, cross-site"}),
    "another site with our origin": (
        403,
        RIGHT | {"Sec-Fetch-Site": "cross-site", "Origin": ISSUER},
    ),
    "another origin": (403, RIGHT | {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}),
    "an opaque origin": (403, RIGHT | {"Sec-Fetch-Site": "", "Origin": "null"}),
    "our origin without TLS": (
        403,
        RIGHT | {"Sec-Fetch-Site": "", "Origin": "http://auth.example.org"},
    ),
    "our origin with a port": (403, RIGHT | {"Sec-Fetch-Site": "", "Origin": f"{ISSUER}:444"}),
    "our origin with a slash": (403, RIGHT | {"Sec-Fetch-Site": "", "Origin": f"{ISSUER}/"}),
    "a longer origin": (403, RIGHT | {"Sec-Fetch-Site": "", "Origin": f"{ISSUER}.evil.example"}),
    "a subdomain": (403, RIGHT | {"Sec-Fetch-Site": "", "Origin": "https://x.auth.example.org"}),
    "two origins": (403, RIGHT | {"Sec-Fetch-Site": "", "Origin": f"{ISSUER}, {ISSUER}"}),
    "plain text": (415, RIGHT | {"Content-Type": "text/plain"}),
    "plain text without a word": (403, {"Content-Type": "text/plain"}),
    "a form": (415, RIGHT | {"Content-Type": "application/x-www-form-urlencoded"}),
    "a form without a word": (403, {"Content-Type": "application/x-www-form-urlencoded"}),
    "parts": (400, RIGHT | {"Content-Type": "multipart/form-data; boundary=x"}),
    "a token that is none": (401, RIGHT | {"Authorization": "Bearer x"}),
    "no token": (401, RIGHT | {"Authorization": "Bearer "}),
    "an empty header": (401, RIGHT | {"Authorization": ""}),
    "another scheme": (401, RIGHT | {"Authorization": "Basic YTpi"}),
    "a token with a key": (401, RIGHT | {"Authorization": "DPoP x"}),
    "somebody else's token": (400, RIGHT | {"Authorization": "Bearer {token}"}),
}

# The same with the right word and another cookie.
COOKIES: Final[dict[str, dict[str, str]]] = {
    "no cookie": {},
    "another name": {"sid": "{sid}"},
    "a name in capitals": {"__HOST-SID": "{sid}"},
    "a secure name": {"__Secure-sid": "{sid}"},
    "the value before the login": {COOKIE: "{before}"},
    "a value of nobody": {COOKIE: "x" * 43},
    "a part of the value": {COOKIE: "{part}"},
    "the value and more": {COOKIE: "{sid}x"},
    "an operator": {COOKIE: '{"$ne": ""}'},
    "the session's id": {COOKIE: "{session}"},
    "the word": {COOKIE: "{csrf}"},
    "a token": {COOKIE: "{token}"},
    "nothing": {COOKIE: ""},
}
