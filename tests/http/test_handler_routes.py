"""A path with a handler of its own hides nothing that another context serves."""

import pytest

from handlers.contexts import HANDLER_ROUTES, ROUTER
from handlers.http.manifest import HandlerRoute, check_routes
from handlers.http.rest.handler import NotFoundHandler

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
