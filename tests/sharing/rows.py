"""What the laws try of shares, relations and invitations."""

from collections.abc import Iterator

from models.base.document import Document
from models.base.merge_patch import Json
from models.sharing import CoachClient, OpenInvitations, Share
from models.sharing.invitation import Invitation
from tests.journal.places import PAGE
from tests.support.laws.context import NOON, ContextRows, Flaws, hide
from tests.support.laws.flaws import OPERATOR
from tests.support.people.relations import INVITATIONS
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

CLIENTS, SHARE = "/v1/clients", "/v1/shares/{coach}"
COACH = "usr_01a20c66-99df-75bd-8f37-3328887fd987"

FLAWED: Flaws = {
    ("POST", INVITATIONS): (
        {"as": "coach"},
        [
            ({"as": "boss"}, "/as"),
            ({"as": OPERATOR}, "/as"),
            ({"as": None}, "/as"),
            ({"role": "coach"}, "/role"),
            ({"code": "x"}, "/code"),
        ],
    ),
    **{
        ("POST", f"{INVITATIONS}/{verb}"): (
            {"code": "x"},
            [
                ({"code": ""}, "/code"),
                ({"code": "x" * 129}, "/code"),
                ({"code": OPERATOR}, "/code"),
                ({"code": None}, "/code"),
                ({"client": COACH}, "/client"),
            ],
        )
        for verb in ("look", "accept")
    },
    ("PUT", SHARE): (
        {"kinds": ["goal"]},
        [
            ({"kinds": OPERATOR}, "/kinds"),
            ({"kinds": []}, "/kinds"),
            ({"kinds": ["session"]}, "/kinds/0"),
            ({"kinds": ["goal", None]}, "/kinds/1"),
            ({"coach": COACH}, "/coach"),
        ],
    ),
}


async def hidden(_server: Server, stranger: RestClient) -> dict[str, str]:
    """The ids of an invitation and of an entry that *stranger* has shown to nobody."""
    made = await done(stranger.call("POST", INVITATIONS, {"as": "coach"}))
    entry = await hide(stranger, ("/v1/journal", "jen", {"text": "Hide"}))
    return {INVITATIONS: made.body["id"], CLIENTS: entry["/v1/journal"]}


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    invitation = Invitation(role="coach", created_at=NOON, expires_at=NOON)
    said: Json = base | {"confirmed_at": NOON}
    yield OpenInvitations(id="invitations", open={"inv_1": invitation}, **base)
    yield Share(id="usr_2", kinds=("goal", "habit"), accepted_at=NOON, **said)
    yield CoachClient(id="usr_3", kinds=("goal",), accepted_at=NOON, **said)


ROWS = ContextRows(
    name="sharing",
    elsewhere=frozenset(  # what concerns two people: see test_shares.py and test_relations.py
        {
            ("PUT", SHARE),
            ("DELETE", SHARE),
            ("DELETE", "/v1/clients/{client}"),
            ("DELETE", "/v1/invitations/{id}"),
        }
    ),
    alone=frozenset(("POST", f"{INVITATIONS}{verb}") for verb in ("", "/look", "/accept")),
    ids={CLIENTS: PAGE, INVITATIONS: "inv_01a20c66-99df-75bd-8f37-3328887fd981"},
    hidden=hidden,
    flawed=FLAWED,
    full=full,
    deleted={"share": "/v1/shares/{}"},
)
