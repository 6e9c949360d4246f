"""Compiled decoders for Jira's answers, and how a broken answer is told."""

from typing import TypeVar

import msgspec

from adapters.jira import answers, errors

T = TypeVar("T")

issue = msgspec.json.Decoder(answers.Issue)
raw_issue = msgspec.json.Decoder(answers.RawIssue)
created = msgspec.json.Decoder(answers.Created)
comment = msgspec.json.Decoder(answers.Comment)
comment_page = msgspec.json.Decoder(answers.CommentPage)
attachment = msgspec.json.Decoder(answers.Attachment)
attachments = msgspec.json.Decoder(tuple[answers.Attachment, ...])
search_page = msgspec.json.Decoder(answers.SearchPage)
transitions = msgspec.json.Decoder(answers.Transitions)
type_statuses = msgspec.json.Decoder(tuple[answers.TypeStatuses, ...])
accounts = msgspec.json.Decoder(tuple[answers.Account, ...])
account = msgspec.json.Decoder(answers.Account)
server = msgspec.json.Decoder(answers.Server)
permissions = msgspec.json.Decoder(answers.Permissions)
project = msgspec.json.Decoder(answers.Project)
projects = msgspec.json.Decoder(tuple[answers.Project, ...])
named = msgspec.json.Decoder(tuple[answers.Named, ...])
field_infos = msgspec.json.Decoder(tuple[answers.FieldInfo, ...])
issue_types = msgspec.json.Decoder(tuple[answers.IssueType, ...])
link_types = msgspec.json.Decoder(answers.LinkTypes)
worklog = msgspec.json.Decoder(answers.Worklog)
worklog_page = msgspec.json.Decoder(answers.WorklogPage)
create_types = msgspec.json.Decoder(answers.CreateTypes)
create_fields = msgspec.json.Decoder(answers.CreateFields)
edit_fields = msgspec.json.Decoder(answers.EditFields)
old_create_meta = msgspec.json.Decoder(answers.OldCreateMeta)
registered_webhooks = msgspec.json.Decoder(tuple[answers.RegisteredWebhook, ...])
property_ = msgspec.json.Decoder(answers.Property)


def read(decoder: msgspec.json.Decoder[T], body: bytes, what: str) -> T:
    """Raises UNAVAILABLE when the answer is no JSON of that shape, such as a login page."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise errors.unreadable(what) from error
