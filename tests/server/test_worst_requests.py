"""A worker of the gateway, a process of its own, while the worst requests run."""

import re
import sys
import threading
from pathlib import Path

import pytest

import patient
from imageshim.server.gateway import Settings
from programs import gateway
from served import RawServer
from worst_requests import WORST

CHAT = "/v1/chat/completions"


async def answer_ok(_server, _reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def peak(pid):
    """Give the most resident memory that a process had, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


@pytest.mark.deep
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_memory_of_a_worker_stays_below_four_of_the_largest_bodies():
    limit = 4 * Settings("http://up").max_request + (64 << 20)
    with RawServer(answer_ok) as upstream, gateway(upstream.url) as program:
        for body, headers in WORST.values():

            def ask(body=body, headers=headers):
                assert patient.post(program.url + CHAT, content=body, headers=headers).is_success

            together = [threading.Thread(target=ask) for _ in range(4)]
            for thread in together:
                thread.start()
            for thread in together:
                thread.join()
            assert patient.get(f"{program.url}/healthz").text == "ok\n"
        assert peak(program.process.pid) < limit
        assert "Traceback" not in program.log
