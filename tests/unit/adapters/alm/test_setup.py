"""Settings, the check and errors."""

import pytest

from adapters.alm import errors, parse_params
from adapters.alm.simulator import Fault as SimulatedFault
from adapters.http import Refusal
from schemas.errors import ConfigurationError, Fault, TrackerError

GOOD = {
    "url": "https://alm.example.com/qcbin/",
    "project": "sim",
    "client_id": "key",
    "secret": "0123456789abcdef",
}


def test_the_address_loses_its_last_slash() -> None:
    assert parse_params(GOOD).url == "https://alm.example.com/qcbin"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"url": ""}, "'url'"),
        ({"url": "alm.example.com"}, "'url'"),
        ({"url": "https://me:secret-word@alm.example.com"}, "'url'"),
        ({"project": ""}, "'project'"),
        ({"secret": ""}, "'secret'"),
        ({"client_id": "", "secret": ""}, "'user'"),
        ({"client_id": "", "secret": "", "user": "me"}, "'password'"),
        ({"user": "me", "password": "secret-word"}, "API key"),
        ({"entities": ["run"]}, "entities"),
        ({"entities": []}, "'entities'"),
        ({"entities": ["defect", "defect"]}, "'entities'"),
        ({"format": "yaml"}, "format"),
        ({"day_order": "ymd"}, "day_order"),
        ({"page_size": 0}, "'page_size'"),
        ({"scan_overlap": -1}, "'scan_overlap'"),
        ({"colour": "red"}, "'colour'"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_params({**GOOD, **changed})
    assert named in raised.value.message
    assert raised.value.remedy
    assert "secret-word" not in f"{raised.value.message} {raised.value.remedy}"


def test_secrets_are_not_shown() -> None:
    assert "0123456789abcdef" not in repr(parse_params(GOOD))


def test_a_time_zone_that_is_none_is_named(connect) -> None:
    with pytest.raises(TrackerError) as raised:
        connect(time_zone="Mars/Olympus")
    assert "'time_zone'" in raised.value.message


async def test_the_check_tells_who_and_when(tracker) -> None:
    server, credentials, project, permissions = await tracker.check()
    assert "tidegate" in credentials.message
    assert "minutes" in credentials.message
    assert "DEFAULT/sim" in project.message
    assert [one.passed for one in (server, permissions)] == [True, True]
    assert (await tracker.check("DEFAULT/sim"))[-1].passed


@pytest.mark.parametrize(
    ("params", "stage", "said"),
    [
        ({"marker_field": "user-99"}, "permissions", "user-99"),
        ({"fields": {"due": "user-98"}}, "permissions", "user-98"),
        ({"project": "other"}, "project", "other"),
        ({"secret": "wrong"}, "credentials", "API key"),
    ],
)
async def test_the_check_stops_where_something_is_wrong(connect, params, stage, said) -> None:
    last = (await connect(**params).check())[-1]
    assert (last.stage, last.passed) == (stage, False)
    assert said in last.message + last.remedy
    assert last.remedy


async def test_the_check_notices_an_address_that_is_no_alm(alm, connect) -> None:
    (only,) = await connect(url=alm.url + "/elsewhere").check()
    assert (only.stage, only.passed) == ("server", False)
    assert "context path" in only.remedy


async def test_a_single_sign_on_in_front_is_told(alm, tracker, by_hand, refusal) -> None:
    issue = by_hand()
    await tracker.resolve(issue)
    place = {"Location": "https://sso.example.com/login"}
    alm.fail_next(SimulatedFault(status=302, method="GET", path="/defects/", headers=place))
    error = await refusal(tracker.resolve(issue))
    assert error.fault in (Fault.CREDENTIALS, Fault.CONFIGURATION)
    assert error.remedy


def refusal_of(status: int, kind: str, *, write: bool = False, xml: bool = False) -> Refusal:
    title = "The field 'Severity' is wrong."
    body = f'{{"Id":"qccore.{kind}","Title":"{title}"}}'
    if xml:
        body = f"<QCRestException><Id>qccore.{kind}</Id><Title>{title}</Title></QCRestException>"
    return Refusal(status, {}, body.encode(), "edit", write, 0)


@pytest.mark.parametrize("xml", [False, True], ids=["json", "xml"])
@pytest.mark.parametrize(
    ("status", "kind", "write", "fault"),
    [
        (400, "required-field-missing", True, Fault.VALIDATION),
        (500, "required-field-missing", True, Fault.VALIDATION),
        (400, "invalid-list-field-value", True, Fault.VALIDATION),
        (403, "lock-failure", True, Fault.CONFLICT),
        (403, "check-out-failure", True, Fault.CONFLICT),
        (403, "operation-forbidden", True, Fault.PERMISSION),
        (403, "session-has-expired", False, Fault.CREDENTIALS),
        (404, "entity-not-found", False, Fault.NOT_FOUND),
        (500, "entity-not-found", False, Fault.NOT_FOUND),
        (404, "invalid-filter-expression", False, Fault.VALIDATION),
        (500, "general-error", True, Fault.UNKNOWN_OUTCOME),
        (500, "general-error", False, Fault.UNAVAILABLE),
        (401, "general-error", True, Fault.CREDENTIALS),
        (409, "general-error", True, Fault.CONFLICT),
        (429, "general-error", True, Fault.THROTTLED),
        (503, "general-error", True, Fault.UNKNOWN_OUTCOME),
    ],
)
def test_refusals_are_told_by_their_id(status, kind, write, fault, xml) -> None:
    error = errors.translate(refusal_of(status, kind, write=write, xml=xml))
    assert error.fault is fault
    assert error.remedy
    assert "Severity" in error.message
    assert error.field == ("Severity" if fault is Fault.VALIDATION else "")
    assert error.status == (401 if kind == "session-has-expired" else status)


@pytest.mark.parametrize("body", [b"", b"<html><body>x", b"{", b"<a/>", b"[1]", b"\xff"])
def test_other_bodies_tell_nothing(body: bytes) -> None:
    error = errors.translate(Refusal(403, {}, body, "edit", True, 0))
    assert error.fault is Fault.PERMISSION
