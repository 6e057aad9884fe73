"""Keeping worker processes alive: start, watch, restart with growing patience, end.

supervisor   all workers of one `dispatcher up`
books        the ledger in SQL and its audit, beside the workers
kept         their side: a command made for a terminal, kept by a supervisor
process      one worker process: its command, its log, its end
backoff      how long to wait before the next start
health       what a worker says of itself on its health port
leftovers    workers of an earlier `dispatcher up` that did not end with it
parent       the worker's side: to end when its starter is gone
"""
