"""Small faults, put into the source one at a time: does a test see each? (`make mutate`)."""
