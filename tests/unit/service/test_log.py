import io
import json
import logging

import pytest
import structlog

from schemas.errors import BusUnavailable
from service.log import Redactor, configure_logging, following


@pytest.fixture
def restored():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def lines(restored):
    stream = io.StringIO()
    redactor = Redactor(["registered-canary"])
    configure_logging("json", "info", redactor=redactor, stream=stream)

    def read() -> list[dict]:
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    read.redactor = redactor
    return read


def test_a_line_has_its_event_its_level_and_the_ids_in_force(lines) -> None:
    log = structlog.get_logger()
    with following(twin="t1", change="c1"):
        log.info("twin.written", fields=2)
    log.debug("not.shown")
    log.info("twin.done")
    first, second = lines()
    assert first["event"] == "twin.written"
    assert first["level"] == "info"
    assert (first["twin"], first["change"], first["fields"]) == ("t1", "c1", 2)
    assert "twin" not in second


def test_secrets_are_masked_by_name_by_value_and_in_addresses(lines) -> None:
    log = structlog.get_logger()
    log.info(
        "tracker.called",
        password="canary-1",
        params={"api_token": "canary-2", "nested": [{"Authorization": "Basic canary-3"}]},
        url="https://user:canary-4@jira.example/rest?x=registered-canary",
        text="said registered-canary twice: registered-canary",
        token_given=True,
    )
    lines.redactor.register("late-canary")
    log.info("later", text="late-canary", error=ValueError("late-canary"))
    text = json.dumps(lines())
    assert "canary" not in text
    assert lines()[0]["token_given"] is True
    assert "jira.example" in text


def test_our_errors_have_no_traceback_and_unexpected_ones_do(lines) -> None:
    log = structlog.get_logger()
    try:
        raise BusUnavailable("The broker is away.", remedy="Start it.")
    except BusUnavailable:
        log.warning("bus.lost", exc_info=True)
    try:
        raise KeyError("registered-canary")
    except KeyError as error:
        log.error("task.ended", error=error)
    ours, unexpected = lines()
    assert ours["error"] == "The broker is away."
    assert (ours["fault"], ours["remedy"]) == ("unavailable", "Start it.")
    assert "trace" not in ours
    assert "Traceback" in unexpected["trace"]
    assert "canary" not in json.dumps(unexpected)


def test_libraries_speak_through_the_same_chain_from_warning_on(lines) -> None:
    logging.getLogger("aio_pika").info("chatter")
    logging.getLogger("aio_pika").warning("lost %s", "amqp://u:canary@h/")
    try:
        raise RuntimeError("boom registered-canary")
    except RuntimeError:
        logging.getLogger("aiohttp.server").exception("Error handling request")
    warned, failed = lines()
    assert warned["event"] == "library.message"
    assert warned["library"] == "aio_pika"
    assert warned["text"].startswith("lost amqp://")
    assert "boom" in failed["error"]
    assert "canary" not in json.dumps([warned, failed])


def test_unicode_stays_readable_and_odd_values_do_not_break_a_line(lines) -> None:
    structlog.get_logger().info("x.y", text="日本 🌊 שלום", value={1, 2}, raw=b"\xff", key=object())
    assert lines()[0]["text"] == "日本 🌊 שלום"


def test_console_lines_are_for_people_and_masked_too(restored) -> None:
    stream = io.StringIO()
    configure_logging("console", "info", redactor=Redactor(), stream=stream)
    structlog.get_logger().info("node.ready", token="canary", error=ValueError("bad"))
    assert "node.ready" in stream.getvalue()
    assert "canary" not in stream.getvalue()
