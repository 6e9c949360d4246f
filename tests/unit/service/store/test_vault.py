import os
import stat
from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from service.store.vault import Vault, load_or_create_key

OLD, NEW = b"o" * 32, b"n" * 32
PLACE = {"table": "connectors", "row": "x1", "column": "params"}


def test_what_is_sealed_opens_again():
    vault = Vault([OLD])
    sealed = vault.seal(b"secret", **PLACE)
    assert b"secret" not in sealed
    assert vault.open(sealed, **PLACE) == b"secret"
    assert vault.seal(b"secret", **PLACE) != sealed


@pytest.mark.parametrize("change", [{"table": "peers"}, {"row": "x2"}, {"column": "name"}])
def test_a_sealed_value_cannot_be_moved(change: dict[str, str]):
    vault = Vault([OLD])
    sealed = vault.seal(b"secret", **PLACE)
    with pytest.raises(ConfigurationError, match="altered or moved"):
        vault.open(sealed, **(PLACE | change))


def test_every_altered_or_cut_value_is_refused():
    vault = Vault([OLD])
    sealed = vault.seal(b"s", **PLACE)
    for at in range(len(sealed)):
        altered = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        for wrong in (altered, sealed[:at]):
            with pytest.raises(ConfigurationError):
                vault.open(wrong, **PLACE)


def test_the_newest_key_seals_and_all_open():
    old = Vault([OLD]).seal(b"secret", **PLACE)
    both = Vault([NEW, OLD])
    assert both.open(old, **PLACE) == b"secret"
    assert not both.is_newest(old)
    new = both.seal(b"secret", **PLACE)
    assert both.is_newest(new)
    assert Vault([NEW]).open(new, **PLACE) == b"secret"
    with pytest.raises(ConfigurationError, match="not in the key file"):
        Vault([NEW]).open(old, **PLACE)


@pytest.mark.parametrize("keys", [[], [b"short"], [NEW, b""]])
def test_a_vault_needs_whole_keys(keys: list[bytes]):
    with pytest.raises(ConfigurationError):
        Vault(keys)


def test_keys_are_not_shown():
    assert "nnn" not in repr(Vault([NEW]))


def test_an_absent_key_file_is_made_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "key"
    umask = os.umask(0)
    try:
        keys = load_or_create_key(path)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_key(path) == keys
    assert len(keys[0]) == 32


def test_a_key_file_keeps_several_keys_newest_first(tmp_path: Path):
    path = tmp_path / "key"
    (first,) = load_or_create_key(path, random_bytes=lambda size: b"1" * size)
    second = load_or_create_key(tmp_path / "other", random_bytes=lambda size: b"2" * size)
    path.write_bytes((tmp_path / "other").read_bytes() + b"\n# older\n" + path.read_bytes())
    assert load_or_create_key(path) == (*second, first)


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
def test_a_key_file_open_to_all_is_refused(tmp_path: Path, mode: int):
    path = tmp_path / "key"
    load_or_create_key(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationError) as caught:
        load_or_create_key(path)
    assert "chmod 600" in caught.value.remedy


@pytest.mark.parametrize("content", [b"", b"\n#\n", b"c2hvcnQ=\n", b"not base64 secret!\n"])
def test_a_broken_key_file_is_refused_without_showing_it(tmp_path: Path, content: bytes):
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError) as caught:
        load_or_create_key(path)
    assert "secret" not in str(caught.value)
    assert caught.value.remedy


def test_a_key_file_in_no_folder_says_so(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="cannot be used"):
        load_or_create_key(tmp_path / "none" / "key")
