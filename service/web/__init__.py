"""One aiohttp application: webhooks, peer endpoints, REST API, health, metrics."""
