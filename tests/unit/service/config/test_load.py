from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from service.config import Config, load_config
from service.config.keys import KEYS

MINIMAL = '[node]\nname = "left"\n'


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str, name: str = "tidegate.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def wrong(path: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_config(path, environ or {})
    assert caught.value.remedy
    return caught.value.message.splitlines()


def test_a_name_is_enough_and_paths_are_relative_to_the_file(write, tmp_path: Path) -> None:
    config = load_config(write(MINIMAL), {})
    assert not config.node.public
    assert config.bus.url == "embedded:"
    assert config.data == str(tmp_path / "data")
    assert config.key_file == str(tmp_path / "data" / "tidegate.key")
    assert config.store.url == f"sqlite:///{tmp_path / 'data' / 'tidegate.db'}"


def test_relative_and_absolute_sqlite_paths(write, tmp_path: Path) -> None:
    relative = load_config(write(MINIMAL + '[store]\nurl = "sqlite:///a.db"\n'), {})
    assert relative.store.url == f"sqlite:///{tmp_path / 'a.db'}"
    absolute = load_config(write(MINIMAL + '[store]\nurl = "sqlite:////srv/a.db"\n'), {})
    assert absolute.store.url == "sqlite:////srv/a.db"


def test_every_key_has_an_environment_variable_and_it_wins(write) -> None:
    environ = {
        "TIDEGATE_NODE_NAME": "right",
        "TIDEGATE_LIMITS_WORKERS": "7",
        "TIDEGATE_SCAN_FULL_HOURS": "1.5",
        "TIDEGATE_PEERS_ALLOW_NETWORKS": "10.0.0.0/8, 192.168.0.0/16",
    }
    config = load_config(write(MINIMAL), environ)
    assert config.node.name == "right"
    assert config.limits.workers == 7
    assert config.scan.full_hours == 1.5
    assert config.peers.allow_networks == ("10.0.0.0/8", "192.168.0.0/16")
    names = [key.environment for key in KEYS.values()]
    assert len(names) == len(set(names))


def test_all_errors_come_at_once_with_line_and_nearest_key(write) -> None:
    path = write(
        'dato = "x"\n'
        "[node]\n"
        "name = 7\n"
        'publc_url = "x"\n'
        "[listen]\n"
        'address = "nope"\n'
        "[log]\n"
        'format = "xml"\n'
        "drain_seconds = 3\n"
    )
    errors = wrong(path, {"TIDEGATE_BUS_ULR": "x", "TIDEGATE_LIMITS_WORKERS": "many"})
    assert f"{path}:1: unknown key `dato`; did you mean `data`?" in errors
    assert f"{path}:3: `node.name`: Expected `str`, got `int`" in errors
    assert f"{path}:4: unknown key `node.publc_url`; did you mean `node.public_url`?" in errors
    assert any(line.startswith(f"{path}:6: `listen.address` must be host:port") for line in errors)
    assert f"{path}:8: `log.format`: Invalid enum value 'xml'" in errors
    assert any("log.drain_seconds" in line and "`limits.drain_seconds`" in line for line in errors)
    assert (
        "environment: unknown variable TIDEGATE_BUS_ULR; did you mean TIDEGATE_BUS_URL?" in errors
    )
    assert any("TIDEGATE_LIMITS_WORKERS: `limits.workers`" in line for line in errors)


def test_variables_of_others_are_left_alone(write) -> None:
    environ = {"TIDEGATE_CONFIG": "x", "TIDEGATE_TEST_AMQP": "y", "PATH": "/bin"}
    assert load_config(write(MINIMAL), environ).node.name == "left"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "`node.name` is missing"),
        ("[node\n", "not TOML"),
        ('node = "left"\n', "`node` is a section"),
        (MINIMAL + 'public_url = "ftp://x"\n', ":3: `node.public_url`"),
        (MINIMAL + 'public_url = "https://u:p@x"\n', "user-info"),
        (MINIMAL + 'public_url = "https://x:99999999"\n', "`node.public_url`"),
        (MINIMAL + '[bus]\nurl = "redis://x"\n', ":4: `bus.url` must be embedded:"),
        (MINIMAL + '[store]\nurl = "mysql://x"\n', "`store.url` must be sqlite"),
        (MINIMAL + '[listen]\naddress = "::1:80"\n', "brackets"),
        (MINIMAL + '[listen]\naddress = "h:70000"\n', "host:port"),
        (MINIMAL + "[relay]\nenabled = true\n", "needs `node.public_url`"),
        (MINIMAL + '[listen]\ncors_origins = ["*"]\n', "`listen.cors_origins` must be addresses"),
        (MINIMAL + '[listen]\ncors_origins = ["https://c.example/x"]\n', "must be addresses"),
        (MINIMAL + '[peers]\nallow_networks = ["10.0.0.1/8"]\n', "is not a network"),
        (MINIMAL + "[limits]\ndrain_seconds = 0\n", "Expected `float` > 0"),
    ],
)
def test_wrong_values_are_named(write, text: str, part: str) -> None:
    assert any(part in line for line in wrong(write(text)))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    assert "cannot be read" in wrong(tmp_path / "none.toml")[0]


def test_secrets_come_from_files_and_credentials(write, tmp_path: Path) -> None:
    write("from-file\n", "token")
    path = write(
        MINIMAL
        + '[listen]\nadmin = "127.0.0.1:1"\nadmin_token_file = "token"\n[bus]\nurl = "embedded:"\n'
    )
    assert load_config(path, {}).listen.admin_token == "from-file"

    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "bus.url").write_text("amqps://u:p@broker/\n")
    (credentials / "key_file").write_text("k")
    config = load_config(path, {"CREDENTIALS_DIRECTORY": str(credentials)})
    assert config.bus.url == "amqps://u:p@broker/"
    assert config.key_file == str(credentials / "key_file")

    environ = {"CREDENTIALS_DIRECTORY": str(credentials), "TIDEGATE_BUS_URL": "amqp://other/"}
    assert load_config(path, environ).bus.url == "amqp://other/"


def test_a_secret_given_twice_or_a_missing_file_is_refused(write) -> None:
    both = write(MINIMAL + '[bus]\nurl = "embedded:"\nurl_file = "f"\n')
    assert any("not both" in line for line in wrong(both))
    missing = write(MINIMAL + '[bus]\nurl_file = "nowhere"\n')
    assert any("cannot read nowhere" in line for line in wrong(missing))


def test_secrets_do_not_show(write) -> None:
    environ = {
        "TIDEGATE_BUS_URL": "amqp://u:canary-1@h/",
        "TIDEGATE_STORE_URL": "postgresql://u:canary-2@h/d",
        "TIDEGATE_LISTEN_ADMIN": "127.0.0.1:1",
        "TIDEGATE_LISTEN_ADMIN_TOKEN": "canary-3",
    }
    config: Config = load_config(write(MINIMAL), environ)
    shown = repr(config) + str(config) + str(config.bus.__rich_repr__())
    assert "canary" not in shown
    assert set(config.secrets()) == {"canary-1", "canary-2", "canary-3"}


def test_a_value_that_is_wrong_is_not_quoted_when_it_may_be_a_secret(write) -> None:
    errors = wrong(write(MINIMAL), {"TIDEGATE_BUS_URL": "amq://u:canary@h/"})
    assert "canary" not in "\n".join(errors)
