"""A path with a handler of its own hides nothing that another context serves."""

import msgspec
import pytest

from handlers.contexts import HANDLER_ROUTES, ROUTER
from handlers.http.forms.endpoint import FormEndpoint
from handlers.http.manifest import HandlerRoute, check_routes
from handlers.http.operations import Operation, Reply
from handlers.http.rest.handler import NotFoundHandler
from handlers.pages.base import PageHandler
from models.access.rate_limits import SURFACES

PATHS = {route.path for route in ROUTER.routes}


def test_what_hides_the_operations_of_its_path_is_refused() -> None:
    row = HandlerRoute("/v1/goals", NotFoundHandler)

    with pytest.raises(ValueError, match="hides the operations of /v1/goals"):
        check_routes([*HANDLER_ROUTES, row], PATHS)


def test_what_says_that_it_carries_out_operations_has_some() -> None:
    row = HandlerRoute("/nowhere", NotFoundHandler, for_operations=True)

    with pytest.raises(ValueError, match="has no operations of /nowhere"):
        check_routes([*HANDLER_ROUTES, row], PATHS)


def test_two_handlers_of_one_path_are_refused() -> None:
    with pytest.raises(ValueError, match=r"declared twice: .*livez"):
        check_routes([*HANDLER_ROUTES, HandlerRoute("/livez", NotFoundHandler)], PATHS)


@pytest.mark.parametrize("limit", sorted(SURFACES))
def test_a_page_is_counted_when_it_comes_by_nothing_but_where_it_comes_from(limit: str) -> None:
    by_others = {party for rule in SURFACES[limit].rules for party in rule.by} != {"ip"}

    if by_others:
        with pytest.raises(ValueError, match=f"Page counts on '{limit}', and does not know"):
            type("Page", (PageHandler,), {"limit": limit})
    else:
        assert issubclass(type("Page", (PageHandler,), {"limit": limit}), PageHandler)


def test_every_form_is_counted_when_it_comes_or_as_what_it_does() -> None:
    limits = {
        route.path: route.handler.limit
        for route in HANDLER_ROUTES
        if issubclass(route.handler, FormEndpoint)
    }

    assert {path for path, limit in limits.items() if not limit} == {
        "/oauth/token",
        "/oauth/par",
        "/oauth/revoke",
        "/oauth/introspect",
    }
    assert set(limits.values()) == {"", "public", "factor", "authorize"}


class _Nobody(msgspec.Struct):
    name: str


async def _run(_: object, __: object) -> Reply:
    return Reply()


@pytest.mark.parametrize("limit", ["read", "write", "mail", "login", "refresh", "relation"])
def test_a_public_operation_is_counted_by_nobody_that_it_cannot_know(limit: str) -> None:
    with pytest.raises(ValueError, match=r"counted by .*, which it never knows"):
        Operation(method="POST", path="/v1/x", run=_run, public=True, limit=limit, takes=_Nobody)


@pytest.mark.parametrize("limit", ["login", "known", "token", "integration"])
def test_nor_is_one_of_whoever_is_logged_in(limit: str) -> None:
    with pytest.raises(ValueError, match=r"counted by .*, which it never knows"):
        Operation(method="POST", path="/v1/x", run=_run, needs="account:write", limit=limit)
