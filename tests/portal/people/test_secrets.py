"""Secrets at rest: opened for their purpose and with the portal's key, and for nothing else."""

import pytest
from pytest_django.fixtures import Settings

from portal.people.secrets import SecretUnreadable, seal, unseal


def test_what_is_sealed_is_opened_again() -> None:
    sealed = seal(b"correct horse", purpose="registry-account")
    assert b"horse" not in sealed
    assert unseal(sealed, purpose="registry-account") == b"correct horse"
    assert unseal(memoryview(sealed).tobytes(), purpose="registry-account") == b"correct horse"


def test_the_same_secret_looks_different_each_time() -> None:
    assert seal(b"a", purpose="p") != seal(b"a", purpose="p")


@pytest.mark.parametrize("change", [b"", b"\x01", b"\x02abc", b"short"])
def test_what_is_no_sealed_secret_is_refused(change: bytes) -> None:
    with pytest.raises(SecretUnreadable):
        unseal(change, purpose="p")


def test_a_changed_byte_is_noticed() -> None:
    sealed = bytearray(seal(b"secret", purpose="p"))
    sealed[-1] ^= 1
    with pytest.raises(SecretUnreadable):
        unseal(bytes(sealed), purpose="p")


def test_another_purpose_does_not_open_it() -> None:
    with pytest.raises(SecretUnreadable):
        unseal(seal(b"secret", purpose="one"), purpose="other")


def test_another_key_is_explained(settings: Settings) -> None:
    sealed = seal(b"secret", purpose="p")
    settings.SECRET_KEY = "another-key-" * 6
    with pytest.raises(SecretUnreadable, match="enter the secret again"):
        unseal(sealed, purpose="p")
