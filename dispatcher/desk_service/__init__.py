"""The process of the two desks: puts the questions of ``lookups`` to the databases, brings the answers to ``case-inbox``, and matches
open lookups with each other.

Beyond Kafka nothing is transactional, so everything here may be done twice and counts once: a question keeps its request_id however
often it is put, and casework takes an answer once. What is not committed is read again after a crash.
"""
