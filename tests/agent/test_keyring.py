"""The change of a host's key: killed at any point of it, the agent has a key that the portal accepts."""

from pathlib import Path

import pytest

from engine_agent.keyring import NEW, NEXT, Keyring
from engine_agent.protocol import public_key_of, verify
from engine_agent.protocol.identity import rotation_bytes
from engine_agent.state import StateDir


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    folder = StateDir(tmp_path / "state")
    folder.prepare()
    folder.key()
    return folder


def reborn(state: StateDir) -> Keyring:
    """The keyring of a process that starts now."""
    return Keyring(state, state.known_key())


def test_the_new_key_is_signed_with_the_present_one_for_this_command_only(state: StateDir) -> None:
    old = public_key_of(state.known_key())
    answer = reborn(state).rotation("command-1")
    new, signature = bytes.fromhex(answer["public_key"]), bytes.fromhex(answer["signature"])
    assert new != old
    assert verify(old, rotation_bytes("command-1", old, new), signature)
    assert not verify(old, rotation_bytes("command-2", old, new), signature)


def test_the_whole_way(state: StateDir) -> None:
    keyring = reborn(state)
    old = keyring.current
    answer = keyring.rotation("command-1")
    assert keyring.dialling() == old
    assert keyring.told(answer)
    new = keyring.dialling()
    assert public_key_of(new).hex() == answer["public_key"]
    assert keyring.current == old  # requests are signed with it until the new one was proven
    keyring.proven(new)
    assert keyring.current == new
    assert state.known_key() == new
    assert not (state.path / NEW).exists()


def test_an_answer_of_another_command_changes_nothing(state: StateDir) -> None:
    keyring = reborn(state)
    keyring.rotation("command-1")
    assert not keyring.told({})
    assert not keyring.told({"public_key": "00" * 32})
    assert (state.path / NEXT).exists()


def test_killed_after_the_key_was_made(state: StateDir) -> None:
    first = reborn(state).rotation("command-1")
    again = reborn(state)
    assert again.rotation("command-1") == first  # the command is carried on by the next process
    assert again.dialling() == state.known_key()


def test_killed_before_the_portal_has_stored_it(state: StateDir) -> None:
    old = state.known_key()
    reborn(state).rotation("command-1")
    keyring = reborn(state)
    assert keyring.dialling() == old
    keyring.proven(old)
    assert (state.path / NEXT).exists()


def test_killed_after_the_portal_has_stored_it(state: StateDir) -> None:
    keyring = reborn(state)
    answer = keyring.rotation("command-1")
    keyring.told(answer)
    again = reborn(state)
    assert public_key_of(again.dialling()).hex() == answer["public_key"]
    assert not again.told(answer)  # the acknowledgement comes a second time


def test_killed_between_the_welcome_and_the_rename(state: StateDir) -> None:
    keyring = reborn(state)
    keyring.told(keyring.rotation("command-1"))
    new = keyring.dialling()  # the portal has accepted it, and we did not hear of it
    again = reborn(state)
    assert again.dialling() == new
    again.proven(new)
    assert state.known_key() == new


def test_a_portal_that_was_set_back_knows_the_old_key_only(state: StateDir) -> None:
    keyring = reborn(state)
    old = keyring.current
    keyring.told(keyring.rotation("command-1"))
    new = keyring.dialling()
    assert keyring.refused(new, "unknown-key")
    assert keyring.dialling() == old
    keyring.proven(old)
    assert keyring.dialling() == old
    assert not (state.path / NEW).exists()
    assert reborn(state).dialling() == old


def test_of_two_keys_that_are_unknown_both_are_tried_in_turn(state: StateDir) -> None:
    keyring = reborn(state)
    keyring.told(keyring.rotation("command-1"))
    new, old = keyring.dialling(), keyring.current
    assert keyring.refused(new, "unknown-key")
    assert not keyring.refused(old, "unknown-key")
    assert keyring.dialling() == new


@pytest.mark.parametrize("code", ["conflict", "revoked", "lost", "silent"])
def test_other_refusals_say_nothing_about_the_key(state: StateDir, code: str) -> None:
    keyring = reborn(state)
    keyring.told(keyring.rotation("command-1"))
    new = keyring.dialling()
    assert not keyring.refused(new, code)
    assert keyring.dialling() == new


def test_a_key_of_one_that_has_no_other_is_simply_refused(state: StateDir) -> None:
    keyring = reborn(state)
    assert not keyring.refused(keyring.dialling(), "unknown-key")


def test_keys_are_for_their_owner_alone(state: StateDir) -> None:
    keyring = reborn(state)
    answer = keyring.rotation("command-1")
    assert (state.path / NEXT).stat().st_mode & 0o077 == 0
    keyring.told(answer)
    assert (state.path / NEW).stat().st_mode & 0o077 == 0
