"""The public client library finds in the simulator what it finds in a real Rally. It is strict: at
its start it asks for the account, the subscription, workspaces, projects and the whole schema."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

pyral = pytest.importorskip("pyral", reason="pyral is not installed")


def everything(url: str, folder: Path, login: dict[str, str]) -> dict[str, Any]:
    rally = pyral.Rally(
        url.removeprefix("http://"),
        workspace="Simulated workspace",
        project="Harbour",
        **login,
    )
    seen: dict[str, Any] = {
        "subscription": rally.subscriptionName(),
        "projects": sorted(project.Name for project in rally.getProjects()),
        "states": rally.getAllowedValues("Defect", "State"),
        "teams": rally.getAllowedValues("Defect", "c_Team"),
    }
    defect = rally.create("Defect", {"Name": "By a library é", "Description": "Words"})
    seen["created"] = (defect.Name, defect.FormattedID, defect.State, defect.Project.Name)
    rally.update("Defect", {"FormattedID": defect.FormattedID, "State": "Open", "Score": 1.5})
    found = rally.get(
        "Defect", fetch="Name,State,c_Score,Owner", query=f'FormattedID = "{defect.FormattedID}"'
    )
    seen["found"] = [(one.Name, one.State, one.c_Score) for one in found]
    both = rally.get("Defect", fetch=True, query=["State = Open", 'Name contains "library"'])
    seen["queried"] = [one.FormattedID for one in both]
    tag = rally.create("Tag", {"Name": "made-by-pyral"})
    seen["tagged"] = rally.addCollectionItems(defect, [tag])
    again = rally.get("Defect", fetch=True, query=f"ObjectID = {defect.oid}", instance=True)
    seen["tags"] = [one.Name for one in again.Tags]
    rally.create("ConversationPost", {"Artifact": defect.ref, "Text": "A post"}, project=None)
    again = rally.get("Defect", fetch=True, query=f"ObjectID = {defect.oid}", instance=True)
    seen["posts"] = [post.Text for post in again.Discussion]
    seen["revisions"] = len(again.RevisionHistory.Revisions) > 1
    file = folder / "plan.txt"
    file.write_bytes(b"data \x00\xff")
    rally.addAttachment(again, str(file))
    again = rally.get("Defect", fetch=True, query=f"ObjectID = {defect.oid}", instance=True)
    held = rally.getAttachment(again, "plan.txt")
    seen["file"] = (held.Name, held.Size, held.Content)
    rally.dropCollectionItems(again, [tag])
    seen["refused"] = refused(rally, {"Name": "Wrong", "State": "Nobody knows this"})
    seen["deleted"] = rally.delete("Defect", defect.FormattedID)
    gone = rally.get("Defect", query=f"ObjectID = {defect.oid}")
    seen["left"] = gone.resultCount
    bin_ = rally.get("RecycleBinEntry", fetch=True, project=None)
    seen["bin"] = [(entry.ID, entry.Name) for entry in bin_]
    return seen


def refused(rally: Any, body: dict[str, str]) -> bool:
    try:
        rally.create("Defect", body)
    except pyral.restapi.RallyRESTAPIError as error:
        return "Validation error" in str(error)
    return False


SEEN = {
    "subscription": "Simulated subscription",
    "projects": ["Harbour", "Lagoon", "Pier"],
    "states": ["Submitted", "Open", "Fixed", "Closed", "Reopened"],
    "teams": ["Blue", "Green", "Red"],
    "created": ("By a library é", "DE1", "Submitted", "Harbour"),
    "found": [("By a library é", "Open", 1.5)],
    "queried": ["DE1"],
    "tagged": ["made-by-pyral"],
    "tags": ["made-by-pyral"],
    "posts": ["A post"],
    "revisions": True,
    "file": ("plan.txt", 7, b"data \x00\xff"),
    "refused": True,
    "deleted": True,
    "left": 0,
    "bin": [("DE1", "By a library é")],
}


@pytest.mark.parametrize("login", ["key", "password"])
async def test_pyral_works_with_the_simulator(rally, tmp_path, monkeypatch, login: str) -> None:
    monkeypatch.setattr(pyral.restapi, "PROTOCOL", "http")
    given = (
        {"apikey": rally.config.token}
        if login == "key"
        else {"user": "tidegate@example.com", "password": rally.config.password}
    )
    seen = await asyncio.to_thread(everything, rally.url, tmp_path, given)
    assert seen == SEEN
