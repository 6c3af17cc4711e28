"""What the laws try of coaches."""

from collections.abc import Iterator
from typing import Any

from models.base.document import Document
from models.base.merge_patch import Json
from models.coaches import ClientNote, CoachProfile, NoteAboutClient
from models.coaches.profile import CoachCertificate
from tests.coaches.places import COACHES, COMPLETE, ME, NOTE, NOTES, SUBMIT, WITHDRAW
from tests.sharing.rows import COACH
from tests.support.laws.context import FULL_OWNER, NOON, ContextRows, Flaws
from tests.support.laws.flaws import KEPT, OPERATOR, ZONES, labels
from tests.support.laws.snapshots import CHANGED, DELETED, UNCHANGED, Row
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

UPDATED = ("coach_profile.updated",)
CLIENT_NOTE = "cln_01a20c66-99df-75bd-8f37-3328887fd981"
CERTIFICATE: Json = {"name": "PCC", "issuer": "ICF", "year": 2019}

WRITES = (
    Row("say what was said", UNCHANGED, (), "PATCH", ME, {}, {"years_of_experience": 7}, 1),
    Row("put the same again", UNCHANGED, (), "PUT", ME, {}, COMPLETE),
    Row("withdraw a draft", UNCHANGED, (), "POST", WITHDRAW),
    Row("say more", CHANGED, UPDATED, "PATCH", ME, {}, {"title": None, "languages": ["fr"]}, 1),
    Row(
        "say two things at once",
        CHANGED,
        UPDATED,
        "PATCH",
        ME,
        {},
        {"bio": "I listen."},
        2,
        {"accepting_clients": False},
    ),
    Row("say it otherwise", 409, (), "PATCH", ME, {}, {"bio": "I talk."}, 1, {"bio": "I hear."}),
    Row("put all of it anew", CHANGED, UPDATED, "PUT", ME, {}, COMPLETE),
    Row("submit it", CHANGED, UPDATED, "POST", SUBMIT),
    Row("withdraw it", CHANGED, UPDATED, "POST", WITHDRAW),
    Row("delete it", DELETED, ("coach_profile.deleted",), "DELETE", ME),
)

WRONG: list[tuple[Any, str]] = [
    ({"display_name": ""}, "/display_name"),
    ({"display_name": "x" * 101}, "/display_name"),
    ({"display_name": "two\u2028lines"}, "/display_name"),
    ({"display_name": None}, "/display_name"),
    ({"title": 7}, "/title"),
    ({"bio": "x" * 4_001}, "/bio"),
    ({"bio": OPERATOR}, "/bio"),
    *labels("specialities", 20),
    ({"languages": "de"}, "/languages"),
    ({"languages": ["en", "xx"]}, "/languages/1"),
    ({"languages": ["DE"]}, "/languages/0"),
    ({"languages": ["de-AT"]}, "/languages/0"),
    ({"languages": ["en\n"]}, "/languages/0"),
    ({"certificates": [CERTIFICATE] * 21}, "/certificates"),
    ({"certificates": [CERTIFICATE | {"year": 1899}]}, "/certificates/0/year"),
    ({"certificates": [CERTIFICATE | {"issuer": ""}]}, "/certificates/0/issuer"),
    ({"certificates": [CERTIFICATE | {"url": "https://example.org"}]}, "/certificates/0/url"),
    ({"certificates": [{"name": "PCC", "year": 2019}]}, "/certificates/0/issuer"),
    ({"years_of_experience": -1}, "/years_of_experience"),
    ({"years_of_experience": 81}, "/years_of_experience"),
    ({"years_of_experience": 1.5}, "/years_of_experience"),
    *ZONES,
    ({"modes": ["carrier pigeon"]}, "/modes/0"),
    ({"modes": ["video"] * 9}, "/modes"),
    ({"accepting_clients": "yes"}, "/accepting_clients"),
    ({"verification": "verified"}, "/verification"),
    ({"verified_at": "2026-01-05T12:00:00Z"}, "/verified_at"),
    ({"refusal_reason": "x"}, "/refusal_reason"),
    ({"id": FULL_OWNER}, "/id"),
    *KEPT,
]
WRONG_NOTES: list[tuple[Any, str]] = [
    ({"text": ""}, "/text"),
    ({"text": " \n"}, "/text"),
    ({"text": "x" * 10_001}, "/text"),
    ({"text": None}, "/text"),
    ({"text": OPERATOR}, "/text"),
    ({"pinned": "yes"}, "/pinned"),
    ({"client": FULL_OWNER}, "/client"),
    *KEPT,
]
FLAWED: Flaws = {
    ("PUT", ME): ({"display_name": "Ada"}, WRONG),
    ("PATCH", ME): ({}, WRONG),
    ("POST", NOTES): ({"text": "calm"}, [*WRONG_NOTES, ({"id": FULL_OWNER}, "/id")]),
    ("PATCH", NOTE): ({}, [*WRONG_NOTES, ({"id": CLIENT_NOTE}, "/id")]),
}
MISSING = (
    ("PUT", ME, {"bio": "I listen."}, "/display_name"),
    ("POST", NOTES, {"pinned": True}, "/text"),
)


async def furnish(server: Server, person: RestClient) -> None:
    """Give *person* a profile as a coach, and a note about somebody who was a client."""
    await done(person.call("PUT", ME, COMPLETE))
    scope = scope_of(server, person)

    def decide(changes: WriteContext) -> Outcome[ClientNote]:
        draft = NoteAboutClient(id=CLIENT_NOTE, client=COACH, text="calm")
        note = changes.create(ClientNote.drafted(draft, owner=scope.user, at=changes.at))
        return Outcome(verb="created", document=note)

    reads = (Ref(ClientNote, scope.user, CLIENT_NOTE),)
    await server.node.committer.commit(Write(scope=scope, reads=reads, decide=decide))


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    said: dict[str, Any] = {
        "display_name": "canary",
        "title": "canary",
        "bio": "canary",
        "specialities": ("canary",),
        "languages": ("de",),
        "certificates": (CoachCertificate(name="canary", issuer="canary", year=2019),),
        "years_of_experience": 7,
        "tz": "Pacific/Apia",
        "modes": ("video",),
        "accepting_clients": False,
        "verified_at": NOON,
    }
    yield CoachProfile(
        id="cop_1",
        verification="verified",
        verification_since=NOON,
        refusal_reason="canary",
        **said,
        **base,
    )
    yield ClientNote(id="cln_1", client="usr_2", text="canary", pinned=True, **base)


ROWS = ContextRows(
    name="coaches",
    writes=WRITES,
    elsewhere=frozenset(  # what it takes a client for: see test_client_notes.py
        {("POST", NOTES), ("PATCH", NOTE), ("DELETE", NOTE)}
    ),
    furnish=furnish,
    ids={COACHES: FULL_OWNER, NOTES: CLIENT_NOTE, "/v1/admin/coaches": FULL_OWNER},
    flawed=FLAWED,
    missing=MISSING,
    lists={COACHES: 100},
    full=full,
    alone=frozenset(
        ("POST", f"/v1/admin/coaches/{{owner}}/{verb}") for verb in ("verify", "decline", "revoke")
    ),
)
