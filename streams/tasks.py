"""The end of work that goes on in the background."""

import asyncio

ASK_AGAIN_S = 0.2


async def end(*tasks: "asyncio.Task[None]", ask_again_s: float = ASK_AGAIN_S) -> None:
    """Cancel *tasks* until all of them have ended.

    Once is not enough: `asyncio.wait_for` in Python 3.11, which redis-py and PyMongo use, forgets
    a cancellation that comes in the turn in which what it waits for is done (CPython #86296).
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=ask_again_s)
