"""Compiled decoders for GitHub's answers."""

import msgspec

from adapters.github import answers

issue = msgspec.json.Decoder(answers.Issue)
found = msgspec.json.Decoder(answers.Found)
issues = msgspec.json.Decoder(tuple[answers.Issue, ...])
comment = msgspec.json.Decoder(answers.Comment)
comments = msgspec.json.Decoder(tuple[answers.Comment, ...])
labels = msgspec.json.Decoder(tuple[answers.Label, ...])
milestones = msgspec.json.Decoder(tuple[answers.Milestone, ...])
field_values = msgspec.json.Decoder(tuple[answers.FieldValue, ...])
issue_fields = msgspec.json.Decoder(tuple[answers.IssueField, ...])
issue_types = msgspec.json.Decoder(tuple[answers.IssueType, ...])
repository = msgspec.json.Decoder(answers.Repository)
repositories = msgspec.json.Decoder(tuple[answers.Repository, ...])
installed = msgspec.json.Decoder(answers.Installed)
account = msgspec.json.Decoder(answers.Account)
accounts = msgspec.json.Decoder(tuple[answers.Account, ...])
found_users = msgspec.json.Decoder(answers.FoundUsers)
token = msgspec.json.Decoder(answers.InstallationToken)
hooks = msgspec.json.Decoder(tuple[answers.Hook, ...])
deliveries = msgspec.json.Decoder(tuple[answers.Delivery, ...])

encode = msgspec.json.Encoder().encode
