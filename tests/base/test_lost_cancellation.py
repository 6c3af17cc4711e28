"""A cancellation that `asyncio.wait_for` forgets before Python 3.12 is raised all the same."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from models.base.cancellation import reraising_lost_cancellation


async def ready_when_waited_for() -> None:
    """As the drivers wait for what is there already."""
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(done.set_result, None)
    await asyncio.wait_for(done, 5)


async def while_it_runs(task: "asyncio.Task[None]") -> None:
    """Cancel *task* while it runs, as a signal's handler does: it is told at its next wait."""
    task.cancel()


async def cancelled_by(how: Callable[["asyncio.Task[None]"], Awaitable[None]]) -> list[str]:
    """What becomes of a task that is cancelled in that way, and then asks a driver twice."""
    said: list[str] = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        await how(task)
        for number in range(2):
            with reraising_lost_cancellation():
                await ready_when_waited_for()
            said.append(f"answer {number}")

    try:
        await asyncio.create_task(work())
    except asyncio.CancelledError:
        said.append("cancelled")
    return said


async def test_what_was_asked_for_while_the_task_ran_is_not_lost() -> None:
    assert await cancelled_by(while_it_runs) == ["cancelled"]


async def test_who_cleans_up_after_a_cancellation_is_not_cancelled_again() -> None:
    async def work() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            with reraising_lost_cancellation():
                await ready_when_waited_for()
            said.append("cleaned up")
        return "never"

    said: list[str] = []
    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert said == ["cleaned up"]


async def test_who_waits_for_nothing_is_told_later() -> None:
    said: list[str] = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with reraising_lost_cancellation():
            said.append("did it")
        said.append("went on")
        await asyncio.sleep(0)
        said.append("never")

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(work())

    assert said == ["did it", "went on"]
