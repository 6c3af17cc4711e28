"""The directory of coaches: filters, words, orders and pages, over those who are verified alone."""

import asyncio
from typing import Any, Final
from urllib.parse import quote

from config.settings import Settings
from tests.coaches.places import COACHES, ME, based_on, submitted, verified
from tests.support.people.operators import operator
from tests.support.people.relations import user_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done, next_page
from upcoach.client import RestClient

ANNE: Final[dict[str, Any]] = {
    "display_name": "Ängela Ünal",
    "title": "Sleep",
    "bio": "Nights are long.",
    "specialities": ["Better Sleep", "Parents"],
    "languages": ["de", "tr"],
    "years_of_experience": 3,
    "tz": "Europe/Berlin",
    "modes": ["video"],
}
BEN: Final[dict[str, Any]] = {
    "display_name": "ben Okri",
    "title": None,
    "bio": "Running, and what is behind it. C++ too.",
    "specialities": ["better  SLEEP", "Running"],
    "languages": ["en"],
    "years_of_experience": 12,
    "tz": "Africa/Lagos",
    "modes": ["audio", "chat"],
    "accepting_clients": False,
}
CLEO: Final[dict[str, Any]] = {
    "display_name": "Cleo Ünal",
    "title": "Running coach",
    "bio": "Nights are short. 東京都.",
    "specialities": ["Marathons"],
    "languages": ["en", "de"],
    "years_of_experience": 12,
    "tz": "Europe/Berlin",
    "modes": ["in_person", "video"],
}
# Who would be in every answer, were they verified.
DORA: Final[dict[str, Any]] = {
    "display_name": "Dora Ünal",
    "bio": "Running, nights, 東京都.",
    "specialities": ["Better Sleep", "Marathons"],
    "languages": ["de", "en"],
    "tz": "Europe/Berlin",
}

FOUND: Final = {
    "": "ABC",
    "speciality=better sleep": "AB",
    "speciality= BETTER  Sleep ": "AB",
    "speciality=better": "",
    "speciality=sleep": "",
    "language=de": "AC",
    "language=en": "BC",
    "language=fr": "",
    "mode=video": "AC",
    "mode=in_person": "C",
    "tz=Europe/Berlin": "AC",
    "tz=Europe/Rome": "",
    "accepting=true": "AC",
    "accepting=false": "B",
    "q=unal": "AC",
    "q=RUNNING": "BC",
    "q=running coach": "C",
    "q=nights": "AC",
    "q=marathons": "C",
    "q=東京": "C",
    "q=night": "",
    "q=.*": "",
    "q=#better sleep": "AB",
    "q=$ne": "",
    "q=unal&language=de&mode=video&accepting=true&tz=Europe/Berlin": "AC",
    "q=nights&speciality=parents&language=de": "A",
    "q=nights&speciality=running": "",
    "sort=name": "ABC",
    "sort=-name": "CBA",
    "sort=experience": "A(BC)",
    "sort=-experience": "(BC)A",
    "sort=verified": "ABC",
    "sort=-verified": "CBA",
    "sort=-verified&language=en": "CB",
    "sort=-experience&q=unal": "CA",
    "sort=-name&speciality=better sleep": "BA",
}


async def directory(server: Server) -> RestClient:
    """Somebody who looks for a coach, where three are verified and one is not."""
    desk = await operator(server, "support")
    client, *coaches = await asyncio.gather(*(server.person() for _ in range(5)))
    for coach, profile in zip(coaches, (ANNE, BEN, CLEO), strict=False):
        await verified(desk, coach, **profile)
    await submitted(coaches[3], **DORA)
    return client


def ask(query: str) -> str:
    return f"{COACHES}?{quote(query, safe='=&')}"


async def pages(person: RestClient, path: str) -> str:
    """The letters that the names begin with, on all pages from *path* on."""
    letters = ""
    while path:
        page = await done(person.call("GET", path))
        letters += "".join(coach["display_name"][0] for coach in page.body["items"])
        assert len(letters) <= 10, f"{path} never ends"
        path = next_page(page)
    return letters.upper().replace("Ä", "A")


async def test_every_filter_and_order_finds_its_coaches_on_pages_of_any_size(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        client = await directory(server)

        whole = {query: await pages(client, ask(query)) for query in FOUND}
        apart = {query: await pages(client, ask(f"{query}&limit=1".strip("&"))) for query in FOUND}

        assert whole == apart
        # Of the same experience, who came first to the product is first, which is not said here.
        either = {"A(BC)": ("ABC", "ACB"), "(BC)A": ("BCA", "CBA")}
        wrong = {
            query: (found, FOUND[query])
            for query, found in whole.items()
            if found not in either.get(FOUND[query], (FOUND[query],))
        }
        assert wrong == {}


async def test_a_search_that_is_none_is_refused_with_the_parameter(settings: Settings) -> None:
    wrong = {
        "language=DE": "?language",
        "language=xx": "?language",
        "mode=fax": "?mode",
        "accepting=maybe": "?accepting",
        "sort=price": "?sort",
        "q=": "?q",
        f"q={'x' * 201}": "?q",
        f"speciality={'x' * 51}": "?speciality",
        "limit=0": "?limit",
        "limit=101": "?limit",
        "found_by=x": "?found_by",
        "verification=submitted": "?verification",
    }
    async with serving(settings) as server:
        client = await server.person()
        answers = {query: await client.call("GET", ask(query)) for query in wrong}
        bad_mark = await client.call("GET", ask("after=eyJ9"))
        foreign = await client.call("GET", f"{COACHES}/{ME}/x")

    told = {query: answer.body["errors"][0]["pointer"] for query, answer in answers.items()}
    assert {answer.status for answer in answers.values()} == {400}
    assert told == wrong
    assert (bad_mark.status, bad_mark.body["code"]) == (400, "after_invalid")
    assert foreign.status == 404


async def test_a_page_goes_on_where_it_ended_though_a_coach_has_gone(settings: Settings) -> None:
    async with serving(settings) as server:
        desk = await operator(server, "support")
        coaches = [await server.person() for _ in range(3)]
        names = [
            await verified(desk, coach, display_name=f"Coach {number}")
            for number, coach in enumerate(coaches)
        ]
        first = await done(coaches[0].call("GET", ask("limit=1")))
        await done(coaches[0].call("DELETE", ME))
        renamed = await coaches[1].call("PATCH", ME, {"bio": "x"}, headers=based_on(3))
        second = await done(coaches[0].call("GET", next_page(first)))
        anew = await done(coaches[0].call("GET", COACHES))
        await server.node.keyring.destroy(names[2])
        server.node.keyring._held.clear()
        last = await done(coaches[0].call("GET", next_page(second)))

        assert renamed.status == 200, renamed.body
        assert [page.body["items"][0]["id"] for page in (first, second)] == names[:2]
        assert [coach["id"] for coach in anew.body["items"]] == names[1:]
        assert len(server.node.database.broken) == 0  # what is left of the first is no document
        assert last.body["items"] == []  # whoever was erased is in no answer
        assert await user_of(coaches[0]) == names[0]
