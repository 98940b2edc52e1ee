"""What one function puts into a queue, another one takes out."""

import pytest

from painter import result

THREADS = """
import queue, multiprocessing, threading
from concurrent.futures import Future
from contextvars import ContextVar
def work(q):
    q.{put}(paint())
q = {made}
threading.Thread(target=work, args=(q,)).start()
x = {taken}
"""


@pytest.mark.parametrize(
    ("made", "put", "taken"),
    [
        ("queue.Queue()", "put", "q.get()"),
        ("queue.Queue(maxsize=2)", "put_nowait", "q.get_nowait()"),
        ("queue.LifoQueue()", "put", "q.get(timeout=1)"),
        ("queue.SimpleQueue()", "put", "next(iter(q.get, None))"),
        ("multiprocessing.Queue()", "put", "q.get()"),
        ("Future()", "set_result", "q.result()"),
        ("ContextVar('last')", "set", "q.get()"),
    ],
)
def test_a_thread_hands_on_what_it_puts_in(made, put, taken):
    assert result(THREADS.format(made=made, put=put, taken=taken)) == "picture"


TASKS = """
import asyncio, anyio
async def work(q):
    {put}
async def main():
    global x
    {made}
    asyncio.create_task(work(q))
    x = {taken}
"""


@pytest.mark.parametrize(
    ("made", "put", "taken"),
    [
        ("q = asyncio.Queue()", "await q.put(paint())", "await q.get()"),
        ("q = asyncio.Queue()", "q.put_nowait(paint())", "q.get_nowait()"),
        ("q = asyncio.Future()", "q.set_result(paint())", "await q"),
        ("q = asyncio.get_running_loop().create_future()", "q.set_result(paint())", "await q"),
        (
            "q, out = anyio.create_memory_object_stream(5)",
            "await q.send(paint())",
            "await out.receive()",
        ),
        (
            "q, out = anyio.create_memory_object_stream(5)",
            "async with q: await q.clone().send(paint())",
            "[one async for one in out][0]",
        ),
    ],
)
def test_a_task_hands_on_what_it_puts_in(made, put, taken):
    assert result(TASKS.format(made=made, put=put, taken=taken)) == "picture"


def test_an_attribute_and_a_tuple_carry_it():
    program = """
    import queue
    class Studio:
        def __init__(self): self.done = queue.Queue()
        def work(self): self.done.put(("cat", paint()))
        def show(self):
            global x
            name, x = self.done.get()
    Studio().show()
    """

    assert result(program) == "picture"


def test_an_item_may_be_given_by_name():
    program = "import queue\nq = queue.Queue()\nq.put(item=paint())\nx = q.get()\n"

    assert result(program) == "picture"


def test_two_queues_are_two():
    program = """
    import queue
    full, other = queue.Queue(), queue.Queue()
    full.put(paint())
    other.put(1)
    x = other.get()
    """

    assert result(program) == "?"


@pytest.mark.parametrize(
    ("use", "value"),
    [
        ("", "?"),  # whoever fills it is not seen
        ("anybody(q)", "?"),
        ("q.put(paint()); anybody(q)", "picture | ?"),
        ("threading.Thread(target=lambda q: q.put(paint()), args=anything).start()", "?"),
        ("threading.Thread(target=lambda q: q.put(paint()), kwargs={'q': q})", "picture"),
    ],
)
def test_what_is_not_seen_is_unknown(use, value):
    program = f"import queue, threading\npaint()\nq = queue.Queue()\n{use}\nx = q.get()\n"

    assert result(program) == value


def test_a_worker_that_is_met_later_fills_it():
    program = """
    import multiprocessing
    def show(conn):
        global x
        x = conn.recv()
    here, there = multiprocessing.Pipe()
    def work(conn, p):
        conn.send(p.frame)
    def main():
        show(here)
        work(there, paint())
    """

    assert result(program) == "frame"
