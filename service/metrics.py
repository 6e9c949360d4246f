"""What Prometheus scrapes. Labels are connections and connectors, never issues."""

from typing import Self

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LONG = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400)


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """Alert on the age of the oldest, not on counts."""

    registry: CollectorRegistry

    build_info: Gauge
    """{version}: always 1."""
    webhooks: Counter
    """{connector, result}: accepted, ignored, refused or unavailable."""
    webhook_events: Counter
    """{connector}: change events published for webhooks."""
    publish_failures: Counter
    """{kind}"""
    reconciles: Counter
    """{connection, result}: written, sent, nothing, parked, failed."""
    reconcile_seconds: Histogram
    """{connection}"""
    echoes: Counter
    """{connection}: changes that were our own writes coming back."""
    conflicts: Counter
    """{connection, field_kind}"""
    end_to_end_seconds: Histogram
    """{connection}: from the change in the remote tracker to our write."""
    parked: Gauge
    """{connection, fault}"""
    due_oldest_age_seconds: Gauge
    outbox_pending: Gauge
    """{peer}"""
    outbox_oldest_age_seconds: Gauge
    """{peer}"""
    peer_last_contact: Gauge
    """{peer}: a moment in seconds since 1970."""
    peer_connected: Gauge
    """{peer, way}: 1 while the peer answers this way, or asks us; 0 while it is away."""
    peer_exchanges: Counter
    """{peer}"""
    peer_bytes: Counter
    """{peer, direction}: of exchanges, `out` or `in`."""
    attachments_carried: Counter
    """{peer, direction, resumed}: contents that came or went whole; `resumed`: yes or no."""
    refused_requests: Counter
    """{door, reason}"""
    refused_items: Counter
    """{peer, reason}: of a peer's feed, in requests that were taken otherwise."""
    bus_depth: Gauge
    bus_dead: Gauge
    tracker_calls: Counter
    """{connector, result}"""
    tracker_seconds: Histogram
    """{connector}"""
    rule_seconds: Histogram
    """{connection, direction}"""
    scan_found: Counter
    """{connector}: changes that a scan found."""
    task_restarts: Gauge
    """{task}"""

    @classmethod
    def create(cls, registry: CollectorRegistry, *, version: str) -> Self:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"tidegate_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"tidegate_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"tidegate_{name}", text, labels, registry=registry, buckets=buckets)

        build_info = gauge("build_info", "The version that runs", "version")
        build_info.labels(version).set(1)
        return cls(
            registry=registry,
            build_info=build_info,
            webhooks=counter("webhooks_total", "Webhook requests", "connector", "result"),
            webhook_events=counter("webhook_events_total", "Events from webhooks", "connector"),
            publish_failures=counter("publish_failures_total", "Publishes that failed", "kind"),
            reconciles=counter("events_applied_total", "Reconciles", "connection", "result"),
            reconcile_seconds=histogram(
                "reconcile_seconds", "Duration of a reconcile", _QUICK, "connection"
            ),
            echoes=counter("echo_suppressed_total", "Echoes that caused nothing", "connection"),
            conflicts=counter("conflicts_total", "Conflicts", "connection", "field_kind"),
            end_to_end_seconds=histogram(
                "end_to_end_latency_seconds", "Remote change to local write", _LONG, "connection"
            ),
            parked=gauge("issues_parked", "Twins that wait for a person", "connection", "fault"),
            due_oldest_age_seconds=gauge("work_oldest_age_seconds", "Oldest work that is due"),
            outbox_pending=gauge("outbox_pending", "Messages that wait for a peer", "peer"),
            outbox_oldest_age_seconds=gauge(
                "outbox_oldest_age_seconds", "Oldest message that waits for a peer", "peer"
            ),
            peer_last_contact=gauge(
                "peer_last_contact_timestamp_seconds", "When a peer last answered", "peer"
            ),
            peer_connected=gauge("peer_connected", "Whether a peer is there", "peer", "way"),
            peer_exchanges=counter("peer_exchanges_total", "Exchanges with a peer", "peer"),
            peer_bytes=counter("peer_bytes_total", "Bytes of exchanges", "peer", "direction"),
            attachments_carried=counter(
                "attachments_carried_total",
                "Attachments that came or went",
                "peer",
                "direction",
                "resumed",
            ),
            refused_requests=counter(
                "refused_requests_total", "Requests turned away", "door", "reason"
            ),
            refused_items=counter(
                "peer_items_refused_total", "Items of a peer's feed not taken", "peer", "reason"
            ),
            bus_depth=gauge("bus_depth", "Messages that wait on the bus"),
            bus_dead=gauge("bus_dead", "Messages in the dead-letter queue"),
            tracker_calls=counter("tracker_calls_total", "Tracker calls", "connector", "result"),
            tracker_seconds=histogram(
                "tracker_call_seconds", "Duration of a tracker call", _QUICK, "connector"
            ),
            rule_seconds=histogram(
                "script_duration_seconds", "Duration of a rule", _QUICK, "connection", "direction"
            ),
            scan_found=counter("scan_found_total", "Changes found by scans", "connector"),
            task_restarts=gauge("task_restarts", "Restarts of a task", "task"),
        )

    def exposition(self) -> bytes:
        return generate_latest(self.registry)
