"""Whatever the management API can do, the command line can."""

import pkgutil
from importlib import import_module

from schemas.routes import ROUTES
from schemas.routing import Route
from service import cli


def test_each_route_is_used_by_a_command():
    modules = [
        import_module(f"service.cli.{m.name}")
        for m in pkgutil.iter_modules(cli.__path__)
        if m.name != "__main__"
    ]
    used = {v.name for m in modules for v in vars(m).values() if isinstance(v, Route)}
    # A PATCH beside a PUT does the same with less.
    beside = {route.path for route in ROUTES if route.method == "PUT" and route.name in used}
    used |= {route.name for route in ROUTES if route.method == "PATCH" and route.path in beside}
    assert {route.name for route in ROUTES} - used == set()
