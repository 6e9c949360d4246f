"""What can be told of the container files without a container engine."""

import re
import shutil
import subprocess

import pytest
import yaml

from service.config import Limits
from service.config.keys import BY_ENVIRONMENT
from service.config.load import load_config


@pytest.fixture
def compose(deploy):
    return yaml.safe_load((deploy / "compose.yaml").read_text())


def test_every_service_is_confined_and_watched(compose):
    assert set(compose["services"]) == {"node", "rabbitmq", "postgres"}
    for name, service in compose["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert compose["services"]["node"]["read_only"] is True
    for name in ("rabbitmq", "postgres"):
        assert compose["services"][name]["healthcheck"]["test"][0] == "CMD"


def test_the_node_has_time_to_drain(compose):
    assert (
        int(compose["services"]["node"]["stop_grace_period"].rstrip("s")) > Limits().drain_seconds
    )


def test_secrets_come_from_files_that_the_node_reads(compose, deploy, tmp_path):
    environment = compose["services"]["node"]["environment"]
    assert set(environment) <= set(BY_ENVIRONMENT)
    for name in compose["services"]["node"]["secrets"]:
        assert f"/run/secrets/{name}" in environment.values()
    given = {}
    for variable, path in environment.items():
        file = tmp_path / path.rpartition("/")[2]
        scheme = "amqp" if "BUS" in variable else "postgresql"
        file.write_text(f"{scheme}://tidegate:pw@host/tidegate\n")
        given[variable] = str(file)
    config = load_config(deploy / "tidegate.toml", given)
    assert config.bus.url == "amqp://tidegate:pw@host/tidegate"
    assert config.store.url == "postgresql://tidegate:pw@host/tidegate"


def test_the_image_runs_as_nobody_special_and_asks_itself_for_its_health(deploy):
    text = (deploy / "Containerfile").read_text()
    assert re.search(r"^USER (\d+):\d+$", text, re.MULTILINE)[1] != "0"
    assert re.search(r'^HEALTHCHECK .*CMD \["tidegate", "health"\]$', text, re.MULTILINE)
    variables = re.findall(r"\b(TIDEGATE_\w+)=", text)
    assert set(variables) <= {*BY_ENVIRONMENT, "TIDEGATE_CONFIG"}
    for source in re.findall(r"^COPY ((?:(?!--from)\S+ )+)\S+$", text, re.MULTILINE):
        for name in source.split():
            assert (deploy.parent / name).exists(), name


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize("script", ["deploy/quickstart", "tests/run", ".ci/run"])
def test_scripts_are_executable_and_parse(deploy, script):
    path = deploy.parent / script
    assert path.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(path)], check=True)
