"""All bodies together have so much room; what is more waits, and never for ever."""

from __future__ import annotations

import random

import anyio
import pytest

from imageshim.server.room import NoRoomError, Room, one_at_a_time

FREE = 1 << 16


async def settled():
    await anyio.wait_all_tasks_blocked()


async def test_small_bodies_never_wait():
    room = Room(0)
    for _ in range(1000):
        await room.share().hold(FREE)
    assert room.used == 0


async def test_what_is_more_waits_until_there_is_room():
    room = Room(100)
    first, over, second = room.share(), room.share(), room.share()
    done = []

    async def wait(share, size):
        await share.hold(FREE + size)
        done.append(share)

    await first.hold(FREE + 90)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait, over, 50)
        await settled()
        assert done == [over]  # one body may always go on
        tasks.start_soon(wait, second, 20)
        await settled()
        assert done == [over]
        await first.hold(FREE + 30)
        await settled()
        assert done == [over, second]
    over.release()
    second.release()
    first.release()
    assert room.used == 0


async def test_who_may_go_on_goes_on_to_its_end_and_then_another_may():
    room = Room(10)
    with room.share() as first:
        await first.hold(FREE + 1000)
        await first.hold(FREE + 5000)
        with pytest.raises(NoRoomError):
            await room.share().hold(FREE + 1, 0)
    with room.share() as second:
        await second.hold(FREE + 1000, 0)
    assert room.used == 0


async def test_who_waits_for_too_long_gives_way_to_those_behind():
    room = Room(10)
    over, full, large, small = (room.share() for _ in range(4))
    await full.hold(FREE + 5)
    await over.hold(FREE + 6)
    over.release()
    await over.hold(FREE + 6)
    got = []

    async def wait_for(share, size, patience):
        try:
            await share.hold(FREE + size, patience)
            got.append(share)
        except NoRoomError:
            got.append(None)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait_for, large, 50, None)
        tasks.start_soon(wait_for, small, 3, None)
        await settled()
        assert got == []
        full.release()
        await settled()
        assert got == []  # in their order
        with pytest.raises(NoRoomError):
            await room.share().hold(FREE + 1, 0)
        over.release()
        await settled()
        assert got == [large]
        large.release()
    assert got == [large, small]


async def test_a_task_that_is_cancelled_holds_nothing():
    room = Room(0)
    with room.share() as over:
        await over.hold(FREE + 1)
        with anyio.CancelScope() as scope, room.share() as share:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(share.hold, FREE + 1)
                await settled()
                scope.cancel()
    assert room.used == 0
    await room.share().hold(FREE + 1, 0)


@pytest.mark.parametrize("seed", range(20))
async def test_the_room_is_exceeded_by_one_body_at_the_most_and_all_are_served(seed):
    rng = random.Random(seed)  # noqa: S311
    room, largest, most = Room(1000), 800, 0
    served = []

    async def body():
        nonlocal most
        with room.share() as share:
            for size in sorted(rng.randrange(largest) for _ in range(4)):
                await share.hold(FREE + size)
                most = max(most, room.used)
                await anyio.lowlevel.checkpoint()
            served.append(share)

    async with anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(body)
    assert len(served) == 30
    assert most <= 1000 + largest
    assert room.used == 0


async def test_one_thread_at_a_time_does_a_kind_of_work():
    assert one_at_a_time("a") is one_at_a_time("a") is not one_at_a_time("b")
    assert one_at_a_time("a").total_tokens == 1
