"""Tokens that open no desk."""

import msgspec

from models.account.session import SessionTerms
from tests.support.people.operators import ADMIN

PHONE = msgspec.structs.replace(ADMIN, app="mobile", audiences=("api", "live"))
APP = SessionTerms(
    device="app",
    client="cli_charts",
    app="partner",
    permissions=("goals:read", "live:read"),
    audiences=("api", "live"),
    acr=2,
)
WRONG: dict[str, tuple[SessionTerms, str]] = {
    "of the phone": (PHONE, "audience_wrong"),
    "of an app of others": (APP, "audience_wrong"),
    "of an app for less": (
        msgspec.structs.replace(APP, audiences=("api", "live", "admin")),
        "permission_missing",
    ),
    "of one factor": (
        msgspec.structs.replace(ADMIN, acr=1, amr=("pwd",)),
        "insufficient_user_authentication",
    ),
}
