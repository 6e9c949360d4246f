"""Ways in: API token, gateway, service account; and how a way that is shut is told."""

import pytest

from schemas.errors import Fault
from schemas.issue import FieldChange, Part

FIELDS = frozenset({Part.FIELDS})


def gateway(cloud, **more):
    config = cloud.cloud_config
    places = {"cloud_id": config.cloud_id, "api_url": cloud.url, "auth_url": cloud.url}
    return {**places, **more}


async def test_a_token_with_scopes_is_taken_at_the_gateway(cloud, connect, draft) -> None:
    made = await connect(cloud, **gateway(cloud)).create(draft())
    assert made.ref.url == f"{cloud.url}/browse/SIM-1"
    assert cloud.calls["POST /ex/jira/{cloud}/rest/api/3/issue"] == 1
    assert not cloud.calls["POST /rest/api/3/issue"]


async def test_a_bearer_token_is_taken_at_the_gateway(cloud, connect, draft) -> None:
    await connect(cloud, **gateway(cloud, email=None)).create(draft())
    assert len(cloud.state.issues) == 1


async def test_a_service_account_gets_tokens_and_new_ones_in_time(
    cloud, connect, draft, clock
) -> None:
    config = cloud.cloud_config
    secret = {"client_id": config.client_id, "client_secret": config.client_secret}
    tracker = connect(cloud, **gateway(cloud, email=None, token=None, **secret))
    made = await tracker.create(draft())
    clock.millis += 3000 * 1000
    await tracker.read(made.ref.id, FIELDS)
    clock.millis += 3000 * 1000
    changed = await tracker.update(made, FieldChange({"summary": "New"}))
    assert changed.fields["summary"] == "New"


async def test_a_token_that_was_revoked_is_replaced_once(start_cloud, connect, draft, clock):
    cloud = await start_cloud(token_lifetime=3600)
    config = cloud.cloud_config
    secret = {"client_id": config.client_id, "client_secret": config.client_secret}
    tracker = connect(cloud, **gateway(cloud, email=None, token=None, **secret))
    await tracker.resolve((await tracker.create(draft())).ref.id)
    cloud.revoke_tokens()
    assert (await tracker.resolve("SIM-1")).key == "SIM-1"


async def test_wrong_secrets_of_a_service_account_are_told(cloud, connect, refusal) -> None:
    wrong = {"client_id": "x", "client_secret": "wrong-secret"}
    tracker = connect(cloud, **gateway(cloud, email=None, token=None, **wrong))
    error = await refusal(tracker.resolve("SIM-1"))
    assert error.fault is Fault.CREDENTIALS
    assert "client_secret" in error.remedy
    assert "wrong-secret" not in f"{error.message} {error.remedy}"


@pytest.mark.parametrize("anonymous", [False, True])
async def test_a_wrong_token_is_told_also_where_it_passes_for_a_visitor(
    start_cloud, connect, refusal, draft, anonymous
) -> None:
    cloud = await start_cloud(anonymous_200=anonymous)
    made = await connect(cloud).create(draft())
    error = await refusal(connect(cloud, token="nobody-has-this").read(made.ref.id, FIELDS))
    assert error.fault is Fault.CREDENTIALS
    results = await connect(cloud, token="nobody-has-this").check("SIM")
    assert not results[-1].passed
    assert results[-1].stage in ("server", "credentials")


async def test_a_data_center_is_no_cloud(start_jira, connect, cloud) -> None:
    jira = await start_jira()
    login = {"email": jira.config.user, "token": jira.config.password}
    results = await connect(cloud, url=jira.url, **login).check("SIM")
    assert (results[-1].stage, results[-1].passed) == ("server", False)
    assert "'jira'" in results[-1].remedy
