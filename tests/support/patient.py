"""httpx for a server on this machine: past every proxy, and with a minute for a machine under load.

What httpx waits for by itself, 5 seconds, is too short where a dozen processes share a core.
"""

from __future__ import annotations

from functools import partial

import httpx

MINUTE = 60.0

get = partial(httpx.get, trust_env=False, timeout=MINUTE)
request = partial(httpx.request, trust_env=False, timeout=MINUTE)
post = partial(httpx.post, trust_env=False, timeout=MINUTE)
stream = partial(httpx.stream, trust_env=False, timeout=MINUTE)
