from prometheus_client import CollectorRegistry

from service.metrics import Metrics
from service.workers.measured import MeasuredTraffic


def test_traffic_is_counted_under_the_names_of_peers() -> None:
    metrics = Metrics.create(CollectorRegistry(), version="1")
    traffic = MeasuredTraffic(metrics, lambda peer: {"id-1": "globex"}[peer])
    traffic.exchanged("id-1", 100, 20)
    traffic.exchanged("id-1", 1, 2)
    traffic.carried("id-1", "in", resumed=True)
    traffic.carried("id-1", "out", resumed=False)
    text = metrics.exposition().decode()
    for line in (
        'tidegate_peer_exchanges_total{peer="globex"} 2.0',
        'tidegate_peer_bytes_total{direction="out",peer="globex"} 101.0',
        'tidegate_peer_bytes_total{direction="in",peer="globex"} 22.0',
        'tidegate_attachments_carried_total{direction="in",peer="globex",resumed="yes"} 1.0',
        'tidegate_attachments_carried_total{direction="out",peer="globex",resumed="no"} 1.0',
    ):
        assert line in text
