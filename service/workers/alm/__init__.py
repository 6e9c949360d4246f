"""SD Elements' ALM connections: what their params mean, and the jobs that run them."""
