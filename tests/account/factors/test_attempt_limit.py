"""Only a wrong answer is a try: what fails for another reason leaves no mark on its owner."""

import asyncio

import pytest

from config.settings import Settings
from models.access.scope import Scope
from models.base.errors import Conflict, Forbidden, Unauthenticated, Unavailable
from tests.support.server import serving
from upcoach.services.account.factors.attempt_limit import OF_ALL, PLACES, AttemptLimit
from upcoach.services.account.factors.refusals import factor_wrong

SCOPE = Scope(user="usr_1", session="ses_1")
NO_TRIES: tuple[BaseException, ...] = (
    Unavailable("busy", "Too many people are logging in right now."),
    Conflict("raced", "Somebody else was faster."),
    Unauthenticated("session_over", "The session is over."),
    TimeoutError(),
    RuntimeError(),
    asyncio.CancelledError(),
)


async def _fail(limit: AttemptLimit, failure: BaseException, scope: Scope = SCOPE) -> None:
    with pytest.raises(type(failure)):
        async with limit.attempt("password", scope):
            raise failure


async def test_only_a_wrong_answer_takes_a_place(settings: Settings) -> None:
    async with serving(settings) as server:
        limit = server.node.services.account.factors.tries
        for failure in NO_TRIES * (PLACES + 1):
            await _fail(limit, failure)
        for _ in range(PLACES):
            await _fail(limit, factor_wrong())
        with pytest.raises(Forbidden) as refusal:
            async with limit.attempt("password", SCOPE):
                raise AssertionError
        assert refusal.value.code == "tries_too_many"

        other = Scope(user="usr_1", session="ses_2")
        for _ in range(OF_ALL):  # of the account, too
            await _fail(limit, NO_TRIES[0], other)
        async with limit.attempt("password", other):
            pass
