"""A service account whose key is real and whose token endpoint is the server's."""

import sys
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from imageshim import MissingExtraError
from imageshim.testing.fake_gemini import fake_gemini
from imageshim.testing.fake_gemini.service_account import rsa_private_key

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


def test_the_key_is_one_that_signs_and_each_is_new():
    first, second = rsa_private_key(), rsa_private_key()
    assert first != second
    assert first.startswith("-----BEGIN RSA PRIVATE KEY-----")
    key = load_pem_private_key(first.encode(), password=None)
    signed = key.sign(b"a token", PKCS1v15(), SHA256())
    key.public_key().verify(signed, b"a token", PKCS1v15(), SHA256())


def test_without_the_library_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    with pytest.raises(MissingExtraError, match=r"imageshim\[testing\]"):
        rsa_private_key()
