"""A service account whose key is real and whose token endpoint is the server's."""

import base64
import math
from urllib.parse import urlsplit

import pytest

from imageshim.testing.fake_gemini import fake_gemini
from imageshim.testing.fake_gemini.service_account import _is_prime, _small_primes, rsa_private_key

from .calling import call_json


def test_the_token_endpoint_gives_a_token():
    with fake_gemini() as server:
        account = server.service_account("my-project")
        token = call_json(account["token_uri"], b"grant_type=x&assertion=y")

        assert urlsplit(account["token_uri"]).netloc == urlsplit(server.url).netloc
    assert account["project_id"] == "my-project"
    assert set(token) == {"access_token", "expires_in", "token_type"}
    assert token["expires_in"] == 3600
    assert server.requests == []


def integers(pem):
    """The integers of a PKCS #1 key, read from its DER."""
    body = base64.b64decode("".join(pem.splitlines()[1:-1]))
    assert body[0] == 0x30
    numbers, place = [], 4
    assert int.from_bytes(body[2:4], "big") == len(body) - 4
    while place < len(body):
        assert body[place] == 0x02
        size, place = body[place + 1], place + 2
        if size & 0x80:
            more = size & 0x7F
            size, place = int.from_bytes(body[place : place + more], "big"), place + more
        numbers.append(int.from_bytes(body[place : place + size], "big", signed=True))
        place += size
    return numbers


def test_the_key_is_one_that_signs():
    version, n, e, d, p, q, dp, dq, inverse = integers(rsa_private_key())

    assert (version, n.bit_length(), p * q) == (0, 2048, n)
    assert pow(pow(0x5EC2E7, d, n), e, n) == 0x5EC2E7
    assert (dp, dq, inverse * q % p) == (d % (p - 1), d % (q - 1), 1)


def test_each_key_is_new():
    assert rsa_private_key(1024) != rsa_private_key(1024)


@pytest.mark.parametrize(
    ("number", "prime"),
    [
        (2**521 - 1, True),
        (2**607 - 1, True),
        ((2**127 - 1) * (2**521 - 1), False),
        (2**523 - 1, False),
    ],
)
def test_primes_are_told_from_products(number, prime):
    assert _is_prime(number) is prime


def test_small_primes():
    primes = _small_primes(100)
    assert primes[:5] == [2, 3, 5, 7, 11]
    assert len(primes) == 25
    assert all(math.gcd(a, b) == 1 for a in primes for b in primes if a != b)
