"""The two 24-hour desks, as pure functions: a lookup stands beside its case, asks channels, gathers answers, and ends.

`codes` words, `records` what is remembered, `messages` what is said to it and asked by it, `beside` when one opens,
`asking` whom it asks and what of the caller, `answers` what comes back, `acting` what people do, `clocks` what time does.
"""
