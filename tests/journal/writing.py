"""People with a journal, and what they write in it."""

from typing import Any

from models.base.merge_patch import Json
from tests.journal.places import JOURNAL
from tests.journal.rows import furnish
from tests.support.server import Server
from tests.support.wire.answers import done, next_page
from upcoach.client import RestClient


async def furnished(server: Server) -> RestClient:
    """Somebody with a journal."""
    person = await server.person()
    await furnish(server, person)
    return person


async def note(person: RestClient, text: str = "", **fields: Any) -> Json:
    """An entry of somebody's."""
    body: Json = (await done(person.call("POST", JOURNAL, {"text": text} | fields))).body
    return body


async def found(person: RestClient, query: str, path: str = f"{JOURNAL}/search") -> str:
    """The titles of what is found, page by page."""
    titles, path = "", f"{path}?{query}"
    while path:
        answer = await person.call("GET", path)
        assert answer.status == 200, answer
        titles += "".join(item.get("title", "?") for item in answer.body["items"])
        path = next_page(answer)
    return titles
