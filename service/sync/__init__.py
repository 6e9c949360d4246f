"""The pure core: reconcile, merge, retry decisions. No I/O of any kind."""
