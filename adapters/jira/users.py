"""Jira's accounts as our users."""

from adapters.jira.answers import Account
from schemas.values import User


def to_user(found: Account | None) -> User | None:
    if found is None:
        return None
    login = found.account_id or found.name or found.key or ""
    return User(name=found.display_name or login, email=found.email_address or "", id=login)
