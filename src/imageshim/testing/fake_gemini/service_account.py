"""A throw-away Google service account, whose key is made here and whose token endpoint is local.

No library is needed: a private key is nine integers (RFC 8017, appendix A.1.2), written in DER.
"""

from __future__ import annotations

import base64
import math
import secrets
import textwrap
from typing import Any

__all__ = ["rsa_private_key", "service_account"]

_EXPONENT = 65537
# An odd number that passes so many rounds of Miller-Rabin is composite with a chance below 4^-20.
_ROUNDS = 20


def _small_primes(limit: int) -> list[int]:
    sieve = bytearray([1]) * limit
    for number in range(2, math.isqrt(limit) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, limit, number)))
    return [number for number in range(2, limit) if sieve[number]]


_PRIMORIAL = math.prod(_small_primes(2000))


def _is_prime(number: int) -> bool:
    """Tell of a large odd number whether it is prime (Miller-Rabin)."""
    if math.gcd(number, _PRIMORIAL) != 1:
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(_ROUNDS):
        value = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if value in {1, number - 1}:
            continue
        for _ in range(twos - 1):
            value = value * value % number
            if value == number - 1:
                break
        else:
            return False
    return True


def _prime(bits: int) -> int:
    while True:
        # The two highest bits are set, so that the product of two has twice the bits.
        number = secrets.randbits(bits) | (0b11 << (bits - 2)) | 1
        if (number - 1) % _EXPONENT and _is_prime(number):
            return number


def _der(tag: int, body: bytes) -> bytes:
    length = len(body)
    if length < 0x80:
        return bytes([tag, length]) + body
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + body


def _der_integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def rsa_private_key(bits: int = 2048) -> str:
    """Make an RSA key, in PEM (PKCS #1). For tests only: it protects nothing."""
    while True:
        p, q = _prime(bits // 2), _prime(bits // 2)
        if p != q:
            break
    d = pow(_EXPONENT, -1, math.lcm(p - 1, q - 1))
    numbers = (0, p * q, _EXPONENT, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    der = _der(0x30, b"".join(map(_der_integer, numbers)))
    lines = textwrap.wrap(base64.b64encode(der).decode("ascii"), 64)
    kind = "RSA PRIVATE KEY"
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])


def service_account(token_uri: str, project: str) -> dict[str, Any]:
    """Make the JSON of a service account; its key is new each time, and takes up to a second."""
    return {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "fake",
        "private_key": rsa_private_key(),
        "client_email": f"fake@{project}.iam.gserviceaccount.com",
        "client_id": "0",
        "auth_uri": token_uri,
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": token_uri,
        "client_x509_cert_url": token_uri,
        "universe_domain": "googleapis.com",
    }
