"""A node's configuration as one document: shown, compared with what is wanted, and changed."""
