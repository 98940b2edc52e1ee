"""A throw-away Google service account, whose key is made here and whose token endpoint is local."""

from __future__ import annotations

from typing import Any

from imageshim.errors import MissingExtraError

__all__ = ["rsa_private_key", "service_account"]


def rsa_private_key() -> str:
    """Make an RSA key of 2048 bits, in PEM (PKCS #1). For tests only: it protects nothing.

    Raises:
        MissingExtraError: ``cryptography`` is not installed (extra ``testing``).

    """
    try:
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # used here only
        from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("A service account's key", "testing") from None
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return pem.decode("ascii")


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
