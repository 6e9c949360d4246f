"""A configuration as files: the same bytes each time, no secret, and each mistake with its line."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.configuration import Configuration
from schemas.redaction import MASK
from service.cli.folder.reading import read_folder
from service.cli.folder.writing import write_folder

CONNECTION: dict[str, Any] = {
    "connector": "jira",
    "local_side": "acme",
    "remote_side": "globex",
    "type": "private",
    "mode": "script",
    "description": "Größe „x“",
    "settings": {
        "project": "ABC",
        "disclosed": ["summary", "status"],
        "masks": ['KEY-"[0-9]+"', "credentials"],
        "record_hours": 48,
        "answers_dry_runs": True,
        "poll_seconds": 2.5,
        "field_policies": {"summary": "acme"},
        "trigger": {"project": "ABC", "labels": ["shared"]},
        "mappings": {
            "status": {
                "values": [
                    {"there": "Doing", "here": "In Progress", "there_id": "7", "here_id": "3"},
                    {"there": "Done", "here": "Closed"},
                ],
                "unmapped": "default",
                "default": "Open",
                "skipped": ["Odd"],
            },
            "custom.field": {"unmapped": "keep"},
        },
        "users": {"zoe@globex.example": "zoe", "ann@globex.example": "ann", "here_id": "x"},
        "default_user": "nobody",
    },
    "triggers": {
        "high priority": {
            "query": "priority = High",
            "fields": [{"field": "status", "any_of": ["Open"], "filled": True}],
        },
        "bugs": {"types": ["Bug"], "active": False},
    },
    "rules": {
        "outgoing": "def outgoing():\n    '''é'''\n",
        "incoming": "# none",
        "snippets": {"names": "def told():\n    return 'then'\n"},
    },
}
PARAMS = {
    "url": f"https://{MASK}@jira.example.com",
    "token": MASK,
    "projects": ["ABC"],
    "inner": {"secret": MASK, "plain": 1},
    "webhook_secret": "",
}
WHOLE = {
    "connectors": {"jira": {"system": "jira", "params": PARAMS}},
    "connections": {"acme-globex": CONNECTION},
    "snippets": {"names": "def told():\n    return 'é'\n"},
    "alm_connectors": {
        "Jira/EU: „shop“": {
            "system": "jira",
            "inaccessible": True,
            "params": {"alm_server": "jira.example.com", "alm_api_token": MASK},
        }
    },
    "alm_connections": [
        {"alias": "JIRA", "project": 17, "connector": "Jira/EU: „shop“"},
        {
            "alias": "The shop",
            "project": 17,
            "connector": "Jira/EU: „shop“",
            "frequency": "daily",
            "debug_mode": True,
            "params": {"alm_project": "SHOP", "sde_min_priority": 7},
        },
        {"alias": "jira", "project": "17", "connector": "Jira/EU: „shop“"},
    ],
}
"""Two of the aliases differ by their capitals alone."""


def wanted(**changes: Any) -> Configuration:
    return msgspec.convert(WHOLE | changes, Configuration)


def files(folder: Path) -> dict[str, bytes]:
    found = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in found}


def without_ids(given: Configuration) -> Any:
    plain = msgspec.to_builtins(given)
    for line in plain["connections"]["acme-globex"]["settings"]["mappings"]["status"]["values"]:
        line.pop("there_id", None)
        line.pop("here_id", None)
    return plain


def test_what_is_written_is_read_again_and_written_the_same(tmp_path: Path) -> None:
    written = write_folder(tmp_path, wanted(), prune=False)
    assert len(written.files) == 12
    first = files(tmp_path)
    assert first["snippets/names.py"] == "def told():\n    return 'é'\n".encode()
    read = read_folder(tmp_path, {}, keep_secrets=False)
    assert read.wrong == ()
    expected = without_ids(wanted())
    expected["connectors"]["jira"]["params"]["url"] = MASK
    assert without_ids(read.configuration) == expected
    write_folder(tmp_path, wanted(), prune=False)
    assert files(tmp_path) == first
    assert b"there_id" not in first["connections/acme-globex/mappings.toml"]
    assert sorted(name for name in first if name.startswith("alm-")) == [
        "alm-connections/17-JIRA.toml",
        "alm-connections/17-The-shop.toml",
        "alm-connections/17-jira-2.toml",
        "alm-connectors/Jira-EU-shop.toml",
    ]
    order = first["connections/acme-globex/mappings.toml"].decode()
    assert order.index("ann@") < order.index("zoe@")


def test_what_a_person_wrote_stays_where_it_says_the_same(tmp_path: Path) -> None:
    write_folder(tmp_path, wanted(), prune=False)
    folder = tmp_path / "connections" / "acme-globex"
    file = folder / "triggers.toml"
    mine = "# Why: the board\n\n" + file.read_text()
    file.write_text(mine)
    rule = folder / "outgoing.py"
    rule.write_bytes(rule.read_bytes().replace(b"\n", b"\r\n"))
    (folder / "case.json").write_text("{}")
    write_folder(tmp_path, wanted(), prune=True)
    assert file.read_text() == mine
    assert b"\r\n" in rule.read_bytes()
    less = msgspec.to_builtins(wanted())
    del less["connections"]["acme-globex"]["triggers"]
    write_folder(tmp_path, msgspec.convert(less, Configuration), prune=False)
    assert not file.exists()
    assert (folder / "case.json").exists()


def test_what_is_not_on_the_node_goes_only_when_asked_for(tmp_path: Path) -> None:
    write_folder(tmp_path, wanted(), prune=False)
    kept = write_folder(tmp_path, Configuration(), prune=False)
    assert len(kept.strangers) == 12
    assert len(files(tmp_path)) == 12
    assert len(write_folder(tmp_path, Configuration(), prune=True).removed) == 12
    assert files(tmp_path) == {}


def test_snippets_of_then_go_when_the_rules_use_those_of_the_node_again(tmp_path: Path) -> None:
    write_folder(tmp_path, wanted(), prune=False)
    own = tmp_path / "connections" / "acme-globex" / "snippets"
    assert (own / "names.py").read_text() == "def told():\n    return 'then'\n"
    (own / "__init__.py").touch()
    assert read_folder(tmp_path, {}, keep_secrets=True).wrong == ()
    (own / "__init__.py").unlink()
    newer = msgspec.to_builtins(wanted())
    del newer["connections"]["acme-globex"]["rules"]["snippets"]
    write_folder(tmp_path, msgspec.convert(newer, Configuration), prune=False)
    assert not own.exists()
    assert (tmp_path / "snippets" / "names.py").exists()


def test_snippets_of_a_connection_without_rules_are_told(tmp_path: Path) -> None:
    write_folder(tmp_path, wanted(), prune=False)
    folder = tmp_path / "connections" / "acme-globex"
    (folder / "outgoing.py").unlink()
    (folder / "incoming.py").unlink()
    (wrong,) = read_folder(tmp_path, {}, keep_secrets=True).wrong
    assert (wrong.at, wrong.message) == (str(folder / "outgoing.py"), "The file is missing.")
    (folder / "outgoing.py").write_text("")
    (folder / "incoming.py").write_text("")
    (folder / "snippets" / "No-Name.py").write_text("")
    (wrong,) = read_folder(tmp_path, {}, keep_secrets=True).wrong
    assert wrong.message == "'No-Name' cannot be the name of a snippet."


def test_secrets_come_from_where_the_file_says(tmp_path: Path) -> None:
    write_folder(tmp_path, wanted(), prune=False)
    file = tmp_path / "connectors" / "jira.toml"
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    file.write_text(
        'system = "jira"\n[params]\nurl = { env = "JIRA_URL" }\ntoken = { env = "JIRA_TOKEN" }\n'
        f'projects = ["ABC"]\n[params.inner]\nplain = 1\nsecret = {{ file = "{secret}" }}\n'
    )
    mine = file.read_text()
    environ = {"JIRA_TOKEN": "from the environment", "JIRA_URL": "https://u:p@jira.example.com"}
    read = read_folder(tmp_path, environ, keep_secrets=False)
    assert read.configuration.connectors["jira"].params == {
        "url": "https://u:p@jira.example.com",
        "token": "from the environment",
        "projects": ["ABC"],
        "inner": {"plain": 1, "secret": "from a file"},
    }
    unread = read_folder(tmp_path, environ, keep_secrets=True)
    kept = unread.configuration.connectors["jira"].params
    assert (kept["token"], kept["url"], kept["inner"]["secret"]) == (MASK, MASK, MASK)
    at = ("connectors", "jira", "params")
    assert unread.unread == {
        (*at, "url"): "JIRA_URL",
        (*at, "token"): "JIRA_TOKEN",
        (*at, "inner", "secret"): str(secret),
    }, "and none that the node is to keep"
    assert read.unread == {}
    missing = read_folder(tmp_path, {"JIRA_URL": "x"}, keep_secrets=False).wrong
    assert [(each.at, "JIRA_TOKEN" in each.message) for each in missing] == [(f"{file}:4", True)]
    params = {name: value for name, value in PARAMS.items() if name != "webhook_secret"}
    again = wanted(connectors={"jira": {"system": "jira", "params": params}})
    write_folder(tmp_path, again, prune=False)
    assert file.read_text() == mine, "the references stay, and so the file does"


def test_alm_files_are_known_by_what_stands_in_them(tmp_path: Path) -> None:
    write_folder(tmp_path, wanted(), prune=False)
    folder = tmp_path / "alm-connections"
    (folder / "17-The-shop.toml").rename(folder / "shop.toml")
    connector = tmp_path / "alm-connectors" / "Jira-EU-shop.toml"
    token = 'alm_api_token = { env = "SHOP_TOKEN" }'
    mine = connector.read_text().replace("[params.alm_api_token]\nkept = true", "") + token + "\n"
    connector.write_text(mine)
    changed = msgspec.to_builtins(wanted())
    changed["alm_connections"][1]["frequency"] = "weekly"
    written = write_folder(tmp_path, msgspec.convert(changed, Configuration), prune=True)
    assert written.removed == ()
    assert 'frequency = "weekly"' in (folder / "shop.toml").read_text()
    assert connector.read_text() == mine
    read = read_folder(tmp_path, {"SHOP_TOKEN": "s3cret"}, keep_secrets=False)
    params = read.configuration.alm_connectors["Jira/EU: „shop“"].params
    assert params["alm_api_token"] == "s3cret"
    assert b"s3cret" not in b"".join(files(tmp_path).values())
    (folder / "again.toml").write_text((folder / "shop.toml").read_text())
    (folder / "folder").mkdir()
    (tmp_path / "alm_connections").mkdir()
    wrong = read_folder(tmp_path, {}, keep_secrets=True).wrong
    told = sorted((Path(each.at).name, each.message) for each in wrong)
    assert told == [
        ("alm_connections", "There is no folder of this name here."),
        ("folder", "Here each is one file, and no folder."),
        ("shop.toml:1", "'17/The shop' stands in again.toml:1 already."),
    ]


MISTAKES = [
    (
        "alm-connections/17-The-shop.toml",
        'frequency = "daily"',
        'frequency = "dayly"',
        "Invalid enum value 'dayly'",
        "",
    ),
    (
        "alm-connections/17-The-shop.toml",
        "sde_min_priority = 7",
        'alm_pass = "hush"',
        "is a secret in clear",
        "env =",
    ),
    (
        "alm-connectors/Jira-EU-shop.toml",
        "inaccessible = true",
        "inacessible = true",
        "There is no key 'inacessible' here.",
        "'inaccessible'",
    ),
    ("connectors/jira.toml", "plain = 1", 'password = "hush"', "is a secret in clear", "env ="),
    ("connectors/jira.toml", "plain = 1", "plan = 2\nx = {", "It is no TOML", ""),
    (
        "connectors/jira.toml",
        "plain = 1",
        'site = "https://u:hush@x.example"',
        "is a secret in clear",
        "renew it",
    ),
    (
        "connections/acme-globex/connection.toml",
        "record_hours = 48",
        "record_hour = 48",
        "There is no key 'record_hour' here.",
        "'record_hours'",
    ),
    (
        "connections/acme-globex/connection.toml",
        "record_hours = 48",
        'record_hours = "48"',
        "Expected `int`, got `str`",
        "",
    ),
    (
        "connections/acme-globex/connection.toml",
        "record_hours = 48",
        'users = { ann = "a" }',
        "stands in mappings.toml",
        "Move it",
    ),
    (
        "connections/acme-globex/mappings.toml",
        'unmapped = "default"',
        'unmaped = "default"',
        "There is no key 'unmaped' here.",
        "'unmapped'",
    ),
    (
        "connections/acme-globex/mappings.toml",
        'there = "Done"',
        'their = "Done"',
        "There is no key 'their' here.",
        "'there'",
    ),
    (
        "connections/acme-globex/triggers.toml",
        'query = "priority = High"',
        "querry = 5",
        "There is no key 'querry' here.",
        "'query'",
    ),
    (
        "connections/acme-globex/triggers.toml",
        "active = false",
        'active = "no"',
        "Expected `bool`, got `str`",
        "",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "words", "remedy"), MISTAKES)
def test_a_mistake_is_told_with_file_and_line_and_no_secret(
    tmp_path: Path, name: str, old: str, new: str, words: str, remedy: str
) -> None:
    write_folder(tmp_path, wanted(), prune=False)
    file = tmp_path / name
    text = file.read_text()
    line = next(number for number, each in enumerate(text.splitlines(), 1) if old in each)
    file.write_text(text.replace(old, new))
    read = read_folder(tmp_path, {}, keep_secrets=False)
    (wrong,) = read.wrong
    at = str(file) if "no TOML" in words else f"{file}:{line}"
    assert wrong.at == at, wrong
    assert words in wrong.message
    assert remedy in wrong.remedy
    assert "hush" not in wrong.message + wrong.remedy
    assert read.configuration == Configuration()


def test_no_name_leads_out_of_the_folder() -> None:
    for name in ("../../etc/cron.d/x", ".git", "a/b", "a\n"):
        for kind in ("connections", "connectors"):
            with pytest.raises(msgspec.ValidationError):
                wanted(**{kind: {name: next(iter(WHOLE[kind].values()))}})


def test_a_missing_file_and_one_of_a_wrong_name_are_told(tmp_path: Path) -> None:
    write_folder(tmp_path, wanted(), prune=False)
    folder = tmp_path / "connections" / "acme-globex"
    (folder / "mappings.toml").rename(folder / "mapping.toml")
    (folder / "incoming.py").unlink()
    (tmp_path / "connections" / "empty").mkdir()
    (tmp_path / "connections" / "other.toml").touch()
    (tmp_path / "conectors").mkdir()
    (tmp_path / "snippet").mkdir()
    (tmp_path / "snippets" / "People-Map.py").touch()
    (tmp_path / "snippets" / "__init__.py").touch()
    (tmp_path / "docs").mkdir()
    wrong = read_folder(tmp_path, {}, keep_secrets=False).wrong
    assert sorted((Path(each.at).name, each.remedy) for each in wrong) == [
        (
            "People-Map.py",
            "Rules import it: take small letters, digits and _, such as people_map.",
        ),
        ("conectors", "Did you mean connectors?"),
        ("connection.toml", "Put it there: see `export`."),
        ("incoming.py", "A connection has both rules, or, with neither, those of the node."),
        ("mapping.toml", "Did you mean mappings.toml?"),
        ("other.toml", "Move it there."),
        ("snippet", "Did you mean snippets?"),
    ]
