"""Operators' commands for coaches, beside a running server."""

from argparse import Namespace

import pytest

from config.settings import Settings
from tests.coaches.places import COACH, ME, submitted
from tests.support.people.operators import audited
from tests.support.people.relations import user_of
from tests.support.server import serving
from upcoach.cli.coach_commands import decline_coach, list_coaches, verify_coach
from upcoach.node.process.listener import StartError


async def test_a_coach_is_verified_and_declined_from_the_command_line(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(settings) as server:
        coach, client = await server.person(), await server.person()
        email = (await coach.call("GET", "/v1/me")).body["email"]
        other = (await client.call("GET", "/v1/me")).body["email"]
        path = COACH.format(await user_of(coach))
        said = Namespace(email=email, reason="No such paper.")
        await submitted(coach)
        capsys.readouterr()

        await list_coaches(settings, said)
        listed = capsys.readouterr().out
        await verify_coach(settings, said)
        found = await client.call("GET", path)
        await decline_coach(settings, said)
        lost = await client.call("GET", path)
        capsys.readouterr()
        await list_coaches(settings, said)
        empty = capsys.readouterr().out
        with pytest.raises(StartError, match="has submitted no profile"):
            await verify_coach(settings, Namespace(email=other))
        with pytest.raises(StartError, match="Say why"):
            await decline_coach(settings, Namespace(email=email, reason=" "))
        with pytest.raises(StartError, match="not submitted"):
            await verify_coach(settings, said)

        profile = (await coach.call("GET", ME)).body
        acts = [entry["action"] for entry in await audited(server, actor_kind="system")]

    assert email in listed
    assert "PCC, ICF, 2019" in listed
    assert (found.status, lost.status) == (200, 404)
    assert (profile["verification"], profile["refusal_reason"]) == ("declined", "No such paper.")
    assert "No coach waits for verification." in empty
    assert acts == ["coach.verified", "coach.revoked"]
