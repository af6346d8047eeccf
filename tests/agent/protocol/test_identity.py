"""Proof of identity: made for one purpose and one connection, good for no other."""

import pytest

from engine_agent.protocol import challenge_bytes, enrolment_bytes, public_key_of, request_bytes, sign, verify

KEY, OTHER = b"\1" * 32, b"\2" * 32
PUBLIC = public_key_of(KEY)


def test_a_signature_holds_for_what_was_signed() -> None:
    message = challenge_bytes(b"n" * 32, "https://portal.example", PUBLIC)
    assert verify(PUBLIC, message, sign(KEY, message))


@pytest.mark.parametrize(
    "message",
    [
        challenge_bytes(b"m" * 32, "https://portal.example", PUBLIC),
        challenge_bytes(b"n" * 32, "https://evil.example", PUBLIC),
        challenge_bytes(b"n" * 32, "https://portal.example", public_key_of(OTHER)),
        enrolment_bytes("n" * 32, PUBLIC),
        request_bytes("GET", "/", 0, PUBLIC),
    ],
    ids=["nonce", "portal", "key", "purpose enrol", "purpose request"],
)
def test_it_holds_for_nothing_else(message: bytes) -> None:
    signature = sign(KEY, challenge_bytes(b"n" * 32, "https://portal.example", PUBLIC))
    assert not verify(PUBLIC, message, signature)


def test_moving_bytes_between_values_changes_what_is_signed() -> None:
    assert request_bytes("GET", "/ab", 1, PUBLIC) != request_bytes("GET/", "ab", 1, PUBLIC)


@pytest.mark.parametrize("signature", [b"", b"x" * 63, b"x" * 64, b"x" * 65])
def test_bad_signatures_are_no_crash(signature: bytes) -> None:
    assert not verify(PUBLIC, b"message", signature)


@pytest.mark.parametrize("key", [b"", b"k" * 31, b"k" * 33])
def test_bad_keys_are_no_crash(key: bytes) -> None:
    assert not verify(key, b"message", b"x" * 64)
