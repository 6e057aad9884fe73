"""A city in memory: the service's own pure functions under a simulated clock, for stories and for synthetic months."""
