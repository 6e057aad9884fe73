"""The only place that knows Faust and transactions: stages, their lanes, and the two agents."""
