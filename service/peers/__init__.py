"""Other nodes: pairing, signing and sealing, courier, mailbox, poller."""
