"""One folder per tracker behind one port. Imports schemas only."""
