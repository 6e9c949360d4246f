"""The settings of our side of a connection, as options."""

import argparse
from typing import TypedDict

import msgspec

from schemas.connection_api import SettingsBody, TriggerBody
from schemas.node import ConnectionSettings, Trigger
from service.cli.ending import Ending, failed
from service.cli.session import Session


def add_to(parser: argparse.ArgumentParser) -> None:
    options = parser.add_argument_group("this side's settings")
    options.add_argument("--project", default="", help="where incoming issues are made")
    options.add_argument("--type", default="", help="the type of incoming issues")
    options.add_argument(
        "--trigger-project",
        default="",
        metavar="PROJECT",
        help="issues of this project come under sync by themselves",
    )
    options.add_argument(
        "--trigger-type", action="append", metavar="TYPE", help="… if they have this type"
    )
    options.add_argument(
        "--trigger-label", action="append", metavar="LABEL", help="… if they have this label"
    )
    options.add_argument(
        "--disclose",
        action="append",
        metavar="FIELD",
        help="a field that may leave this node, whatever the rule says; repeatable",
    )
    options.add_argument(
        "--mask",
        action="append",
        metavar="PATTERN",
        help="what must never leave: a pattern (RE2), or `credentials` for well-known keys and"
        " tokens; repeatable, and '' alone for none",
    )
    _add_people(options)
    _add_limits(options)
    _add_answers(options)


def _add_people(options: argparse._ArgumentGroup) -> None:
    options.add_argument(
        "--user",
        action="append",
        metavar="THERE=HERE",
        help="who a person of the other side is here, by e-mail or name; repeatable, and without"
        " HERE they are found by themselves again",
    )
    options.add_argument(
        "--default-user",
        metavar="HERE",
        help="who stands here for people of the other side whom nobody knows",
    )


def _add_limits(options: argparse._ArgumentGroup) -> None:
    options.add_argument(
        "--attachment-limit",
        type=int,
        metavar="BYTES",
        help="larger attachments are not taken over (default: 1 GiB)",
    )
    options.add_argument(
        "--poll-seconds",
        type=float,
        metavar="SECONDS",
        help="how often a private node asks where a proxy cuts long requests (0: as configured)",
    )
    options.add_argument(
        "--record-hours",
        type=int,
        metavar="HOURS",
        help="keep what the rules are given for `rules replay` (0, the default: not at all)",
    )
    options.add_argument(
        "--record-megabytes", type=int, metavar="MB", help="at most so much of it (default: 64)"
    )


def _add_answers(options: argparse._ArgumentGroup) -> None:
    options.add_argument(
        "--answers-dry-runs",
        choices=("yes", "no"),
        help="whether the other side may ask what would be written here, and is told (default: no)",
    )


def add_agreed(parser: argparse.ArgumentParser) -> None:
    """What both sides agree on when they pair, and what stays."""
    parser.add_argument(
        "--conflicts",
        default="newest",
        metavar="POLICY",
        help="newest (default), park, or the side that wins",
    )
    parser.add_argument(
        "--paragraphs",
        nargs="+",
        default=(),
        metavar="FIELD",
        help="fields whose long text is merged paragraph by paragraph ('*': all)",
    )


def given(session: Session) -> SettingsBody:
    return SettingsBody(
        project=session.text("project"),
        issue_type=session.text("type"),
        trigger=_trigger(session),
        conflict_policy=session.text("conflicts") or "newest",
        paragraphs=session.words("paragraphs"),
        disclosed=session.words("disclose") or None,
        masks=_masks(session, ()),
        users=_users(session, {}),
        default_user=session.text("default_user"),
        answers_dry_runs=session.text("answers_dry_runs") == "yes",
        **_limits(session, ConnectionSettings()),
    )


def changed(session: Session, now: ConnectionSettings) -> SettingsBody:
    """What was not given stays as it is."""
    trigger = _trigger(session) or _kept(now.trigger)
    kept = msgspec.convert(msgspec.to_builtins(now), SettingsBody)
    return msgspec.structs.replace(
        kept,
        project=session.text("project") or now.project,
        issue_type=session.text("type") or now.issue_type,
        trigger=None if session.flag("no_trigger") else trigger,
        disclosed=session.words("disclose") or now.disclosed,
        masks=_masks(session, now.masks),
        users=_users(session, now.users),
        default_user=session.text("default_user") or now.default_user,
        answers_dry_runs=_answers(session, now),
        **_limits(session, now),
    )


def of_other_end(session: Session) -> SettingsBody:
    return SettingsBody(
        project=session.text("remote_project"), issue_type=session.text("remote_type")
    )


def _answers(session: Session, now: ConnectionSettings) -> bool:
    given = session.text("answers_dry_runs")
    return given == "yes" if given else now.answers_dry_runs


def _masks(session: Session, now: tuple[str, ...]) -> tuple[str, ...]:
    given = session.words("mask")
    return tuple(filter(None, given)) if given else now


def _users(session: Session, now: dict[str, str]) -> dict[str, str]:
    users = dict(now)
    for pair in session.words("user"):
        there, equals, here = pair.partition("=")
        if not (there and equals):
            raise failed(
                f"{pair!r} names no pair of people.", "Write it as THERE=HERE.", Ending.USAGE
            )
        users[there] = here
    return {there: here for there, here in users.items() if here}


class _Limits(TypedDict):
    attachment_limit: int
    poll_seconds: float
    record_hours: int
    record_megabytes: int


def _limits(session: Session, now: ConnectionSettings) -> _Limits:
    return {
        "attachment_limit": int(session.number_or("attachment_limit", now.attachment_limit)),
        "poll_seconds": session.number_or("poll_seconds", now.poll_seconds),
        "record_hours": int(session.number_or("record_hours", now.record_hours)),
        "record_megabytes": int(session.number_or("record_megabytes", now.record_megabytes)),
    }


def _kept(trigger: Trigger | None) -> TriggerBody | None:
    return TriggerBody(trigger.project, trigger.types, trigger.labels) if trigger else None


def _trigger(session: Session) -> TriggerBody | None:
    types, labels = session.words("trigger_type"), session.words("trigger_label")
    project = session.text("trigger_project")
    if project:
        return TriggerBody(project, types, labels)
    if types or labels:
        raise failed(
            "--trigger-type and --trigger-label narrow --trigger-project, which is missing.",
            "Add --trigger-project PROJECT.",
            Ending.USAGE,
        )
    return None
