"""The channels of the two desks: adapters that put a lookup's question to a database of another owner.

`interface` what an adapter is, `conditions` and `mapping` the declared language between facts and columns, `sql`,
`http_json`, `register` the adapters, `guard` what keeps one bad database from costing the others anything, `config` the file
that connects them.
"""
