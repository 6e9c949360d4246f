"""Paths of the simulated ALM, as its counts name them."""

PROJECT = "/qcbin/rest/domains/{domain}/projects/{project}"


def one_path(kind: str) -> str:
    return f"{PROJECT}/{kind}s/{{id}}"


def many_path(kind: str) -> str:
    return f"{PROJECT}/{kind}s"
