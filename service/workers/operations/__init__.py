"""What the management API asks for, carried out: one file per area."""

from service.workers.operations.node import NodeOperations

__all__ = ["NodeOperations"]
