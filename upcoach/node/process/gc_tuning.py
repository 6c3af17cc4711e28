"""Tuning of the garbage collector for many objects that live long.

Thousands of sockets are some hundred thousand objects that will not be garbage for hours.  With
Python's own thresholds they are looked through over and over while new ones arrive: a quarter of
what it costs to open a socket.  What there is when the process begins to serve stays for good.
"""

import gc
from typing import Final

THRESHOLDS: Final = (10_000, 10, 50)


def settle() -> None:
    """Freeze what is allocated so far, and raise the thresholds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
