"""Alerts and dashboard ask for figures that exist."""

import json
import re

import pytest
import yaml
from prometheus_client import CollectorRegistry

from service.metrics import Metrics

_NAME = re.compile(r"\btidegate_[a-z_]+")


@pytest.fixture(scope="module")
def series() -> set[str]:
    registry = CollectorRegistry()
    Metrics.create(registry, version="1")
    found = set()
    for metric in registry.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        found |= {metric.name + suffix for suffix in suffixes.get(metric.type, ("",))}
    return found


def test_alerts_are_whole_and_ask_for_what_exists(deploy, series):
    [group] = yaml.safe_load((deploy / "prometheus" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]:
        assert set(_NAME.findall(rule["expr"])) <= series, rule["alert"]
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["action"], rule["alert"]


def test_the_dashboard_asks_for_what_exists(deploy, series):
    board = json.loads((deploy / "grafana" / "dashboard.json").read_text())
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    asked = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in _NAME.findall(target["expr"])
    }
    assert asked
    assert asked <= series
