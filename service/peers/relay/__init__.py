"""Two private nodes meet at a public one that passes sealed envelopes and can read none."""
