"""Each layer lists its contexts in the same order, whichever of them it has."""

import importlib
import pkgutil
from collections.abc import Sequence
from types import ModuleType
from typing import Final

import handlers
import handlers.contexts
import models
import models.contexts
from tests.laws import contexts
from upcoach.services.contexts import Services


def names_of(package: ModuleType, listed: Sequence[object]) -> list[str]:
    """The names of the modules of *package* whose `CONTEXT` is in *listed*, in the order of it."""
    modules = [module.name for module in pkgutil.iter_modules(package.__path__)]
    found = {
        id(getattr(importlib.import_module(f"{package.__name__}.{name}"), "CONTEXT", None)): name
        for name in modules
    }
    return [found[id(context)] for context in listed]


HANDLERS: Final = names_of(handlers, handlers.contexts.CONTEXTS)
LAYERS: Final = {
    "models": names_of(models, models.contexts.CONTEXTS),
    "services": list(Services.__struct_fields__),
    "tests": [context.name for context in contexts.CONTEXTS],
}


def test_contexts_are_listed_in_one_order() -> None:
    assert {
        layer: [name for name in HANDLERS if name in listed] for layer, listed in LAYERS.items()
    } == LAYERS


def test_what_a_layer_has_no_context_for_is_known() -> None:
    missing = {layer: set(HANDLERS) - set(listed) for layer, listed in LAYERS.items()}

    assert missing == {
        "models": {"imports", "live", "audit", "descriptions"},
        "services": {"live", "admin", "descriptions"},
        "tests": {"audit", "descriptions"},
    }
