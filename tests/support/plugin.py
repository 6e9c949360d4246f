"""A package installed beside the project: its files, and the metadata that pip would leave."""

import shutil
import tomllib
from pathlib import Path


def install(source: Path, target: Path) -> Path:
    """`source` holds a pyproject.toml. Answers the folder to put on the path."""
    described = tomllib.loads((source / "pyproject.toml").read_text())
    project = described["project"]
    for package in described["tool"]["setuptools"]["packages"]:
        shutil.copytree(source / package, target / package)
    name = project["name"].replace("-", "_")
    info = target / f"{name}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = []
    for group, points in project["entry-points"].items():
        lines.append(f"[{group}]")
        lines += [f"{point} = {place}" for point, place in points.items()]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return target
