"""The sockets of the hexagon: what the services need from a database, from Meta, from Slack and from a clock.

| module | socket |
|---|---|
| `storage` | `Storage` runs functions inside transactions; `Transaction` is all the books below, one commit |
| `people` | people, consent history, imports, audiences |
| `campaigns` | campaigns and their templates |
| `recipients` | the planned messages, their counters, links and parked statuses |
| `records` | audit chain, quarantine, cards, notices, digests, leases, numbers, switches |
| `meta` | Meta's side: sending, templates, numbers |
| `chat` | the chat's side: posting and editing messages |
| `clock` | the time |
"""
