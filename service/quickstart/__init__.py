"""The guided tour: two companies, two trackers, two nodes, one of them private, on one machine."""
