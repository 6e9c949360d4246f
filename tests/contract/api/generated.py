"""A client that an existing generator makes of a served document."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKAGE = "tidegate_client"


@contextmanager
def generated(document: bytes, folder: Path) -> Iterator[None]:
    """Can be imported until the end of the block."""
    path = folder / "openapi.json"
    path.write_bytes(document)
    options = folder / "options.json"
    # Without the generator's last step, which formats the code for readers.
    options.write_text(json.dumps({"package_name_override": PACKAGE, "post_hooks": []}))
    made = subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--path", str(path),
            "--meta", "none", "--output-path", str(folder / PACKAGE), "--config", str(options),
            "--fail-on-warning",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


class Api:
    """`api(tag, operation, …)` calls the generated function and wants its `status`."""

    def __init__(self, base: str, token: str) -> None:
        client = importlib.import_module(f"{PACKAGE}.client")
        self._client = client.AuthenticatedClient(base, token=token, prefix="Token")
        self.models = importlib.import_module(f"{PACKAGE}.models")

    def __call__(self, tag: str, operation: str, *path: str, status: int = 200, **more: Any) -> Any:
        module = importlib.import_module(f"{PACKAGE}.api.{tag}.{operation}")
        answer = module.sync_detailed(*path, client=self._client, **more)
        assert answer.status_code == status, answer.content
        assert answer.parsed is not None or status == 204
        return answer.parsed
