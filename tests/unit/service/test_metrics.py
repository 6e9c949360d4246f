from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from service.metrics import Metrics


def test_every_metric_is_ours_by_name_and_has_no_issue_label() -> None:
    metrics = Metrics.create(CollectorRegistry(), version="1.2.3")
    families = list(text_string_to_metric_families(metrics.exposition().decode()))
    assert len(families) >= len(Metrics.__struct_fields__) - 1
    for family in families:
        assert family.name.startswith("tidegate_")
        assert family.documentation
    for name in Metrics.__struct_fields__:
        labels = set(getattr(getattr(metrics, name), "_labelnames", ()))
        assert not labels & {"issue", "twin", "change"}


def test_two_nodes_in_one_process_do_not_share_metrics() -> None:
    one, other = (Metrics.create(CollectorRegistry(), version="1") for _ in range(2))
    one.bus_depth.set(3)
    assert b"tidegate_bus_depth 3.0" in one.exposition()
    assert b"tidegate_bus_depth 0.0" in other.exposition()
