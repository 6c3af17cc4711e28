import asyncio

from config.settings import Settings
from tests.support.people.scopes import scope_of
from tests.support.server import ServerProcess, serving
from upcoach.client import SyncDevice

WRITERS = 50
WRITES = 10


async def test_fifty_writers_over_two_nodes_leave_no_hole_and_no_repeat(
    settings: Settings, environ: dict[str, str]
) -> None:
    async with ServerProcess(dict(environ)) as other, serving(settings) as server:
        person = await server.person()
        nodes = (server.url, other.url)
        devices = [SyncDevice([nodes[number % 2]], person.token) for number in range(WRITERS)]

        async def write(device: SyncDevice) -> list[int]:
            async with device:
                answers = [
                    await device.mutate("POST", "/v1/goals", {"title": f"Goal {number}"})
                    for number in range(WRITES)
                ]
            assert {answer["status"] for answer in answers} == {201}
            return [int(answer["cur"].rpartition(".")[2]) for answer in answers]

        acknowledged = await asyncio.gather(*(write(device) for device in devices))

        feed = scope_of(server, person).feed
        head = (await server.node.committer.heads.read(feed)).seq
        numbers = sorted(seq for some in acknowledged for seq in some)
        # Two numbers went to the account and its session.
        assert head == WRITERS * WRITES + 2
        assert numbers == list(range(3, head + 1))


async def test_a_write_on_one_node_is_seen_by_a_device_on_the_other(
    settings: Settings, environ: dict[str, str]
) -> None:
    async with ServerProcess(dict(environ)) as other, serving(settings) as server:
        person = await server.person()
        async with SyncDevice([other.url], person.token) as watch:
            await watch.until(lambda device: device.live)

            answer = await person.call("POST", "/v1/goals", {"title": "Run"})

            goal_id = answer.body["id"]
            await watch.until(lambda device: goal_id in device.documents.get("goal", {}))
            assert watch.documents["goal"][goal_id] == answer.body
