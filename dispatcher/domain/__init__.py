"""The pure heart: what a call, a case and an order are, and how they change. No I/O, no clock, no Faust."""
