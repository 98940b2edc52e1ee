"""What is refused before an application has seen all of it."""

import pytest

from asgi_calls import Application, call
from imageshim.server.limits import RequestLimits

PIECES = [{"type": "http.request", "body": b"x" * 6, "more_body": more} for more in (True, False)]


def limited(app, size=10, timeout=30.0):
    return RequestLimits(app, max_body=size, timeout=timeout)


async def test_a_body_of_just_the_size_passes():
    app = Application(b"{}")
    answer = await call(limited(app, 12), received=PIECES, headers={"Content-Length": "12"})
    assert (answer.status, app.request) == (200, b"x" * 12)


@pytest.mark.parametrize("headers", [{"Content-Length": "12"}, {}, {"Content-Length": "nonsense"}])
async def test_a_larger_body_is_refused_declared_or_not(headers):
    async def app(_scope, receive, _send):
        while (await receive())["type"] != "http.disconnect":
            pass

    answer = await call(limited(app), received=PIECES, headers=headers)
    assert answer.status == 413
    assert answer.json["error"]["message"] == "the request's body has more than 10 bytes"
    assert answer.headers["connection"] == "close"


async def test_what_was_answered_already_is_not_answered_again():
    async def app(_scope, receive, send):
        await Application(b"early", ends=False)(_scope, _empty, send)
        while (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.body", "body": b"late"})

    async def _empty():
        return {"type": "http.request"}

    answer = await call(limited(app), received=PIECES)
    assert (answer.status, answer.body) == (200, b"early")


async def test_other_scopes_pass():
    seen = []

    async def app(scope, receive, send):
        seen.append((scope, receive, send))

    scope = {"type": "lifespan"}
    await limited(app)(scope, None, None)
    assert seen == [(scope, None, None)]


async def test_a_request_of_two_lengths_is_refused_and_its_connection_closed():
    app = Application(b"{}")
    headers = {"Content-Length": "12", "Transfer-Encoding": "chunked"}
    answer = await call(limited(app, 100), received=PIECES, headers=headers)
    assert (answer.status, answer.headers["connection"]) == (400, "close")
    assert answer.json["error"]["code"] == "two_lengths"
    assert app.scope is None


async def test_a_tunnel_is_refused_and_its_connection_closed():
    app = Application(b"{}")
    answer = await call(limited(app, 100), method="CONNECT")
    assert (answer.status, answer.headers["connection"]) == (501, "close")
    assert answer.json["error"]["code"] == "no_tunnels"
    assert app.scope is None
