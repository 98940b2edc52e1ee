"""The raw server of the tests itself: it leaves no connection open, whatever state it was in."""

import gc
import socket
from urllib.parse import urlsplit

import pytest

from served import RawServer


async def silent(_server, reader, _writer):
    await reader.read()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\n\r\n"])
@pytest.mark.parametrize("leaves", [True, False])
def test_connections_that_were_just_made_are_closed_with_the_server(sent, leaves):
    """What is not closed is a ResourceWarning, and so a failure, once it is collected."""
    for count in range(5):
        with RawServer(silent) as server:
            where = urlsplit(server.url)
            clients = [socket.create_connection((where.hostname, where.port)) for _ in range(count)]
            for client in clients:
                client.sendall(sent)
                if leaves:
                    client.close()
        for client in clients:
            client.close()
    gc.collect()
