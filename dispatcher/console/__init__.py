"""What a person sees of the running service: every decision as it falls, on a live board or as plain lines.

feed     the topics, followed from a pinned place
ledger   what the board knows: rows, totals, latencies, alerts
view     how one thing is shown: cut, masked, coloured
board    the whole screen as lines
screen   the terminal: when to draw
plain    one line for each thing, for people or for programs
"""
