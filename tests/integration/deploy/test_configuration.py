"""The example configurations: complete, right, and with the true defaults."""

import re
from pathlib import Path

import msgspec

from service.config import load_config
from service.config.keys import KEYS, SECTIONS

_KEY = re.compile(r"^(# )?([a-z_]+) = (.+)$")


def keys(text: str) -> dict[str, tuple[bool, str]]:
    """By dotted name: whether it is commented out, and its line without the mark."""
    section, found = "", {}
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]") + "."
        elif match := _KEY.match(line):
            found[section + match[2]] = (bool(match[1]), f"{match[2]} = {match[3]}")
    return found


def test_every_key_is_shown_once_and_none_that_does_not_exist(deploy):
    assert set(keys((deploy / "tidegate.toml").read_text())) == set(KEYS)


def test_it_works_as_it_is(deploy):
    config = load_config(deploy / "tidegate.toml", {})
    assert config.node.name == "acme"
    assert not config.node.public


def test_what_is_commented_out_is_the_default(deploy, tmp_path):
    text = (deploy / "tidegate.toml").read_text()
    shown = [
        line.removeprefix("# ") if _KEY.match(line) and '_file = "/' not in line else line
        for line in text.splitlines()
    ]
    bare, whole = tmp_path / "bare.toml", tmp_path / "whole.toml"
    bare.write_text('[node]\nname = "acme"\n')
    whole.write_text("\n".join(shown))
    expected, found = load_config(bare, {}), load_config(whole, {})
    assert msgspec.to_builtins(found) == msgspec.to_builtins(expected)


def test_the_guide_names_every_section(deploy):
    guide = (deploy / "README.md").read_text()
    assert [name for name in SECTIONS if f"`[{name}]`" not in guide] == []


def test_the_other_examples_load(deploy: Path):
    for file in (deploy / "examples").glob("*.toml"):
        load_config(file, {})
