"""Static files of the admin door."""
