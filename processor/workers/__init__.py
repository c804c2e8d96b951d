"""`service.workers`: several processes at the doors, one that keeps the books.

Carriers own connections, bodies and next hops; the process that started them prices and counts. They
talk over a socket pair that nobody else has an end of. docs/scaling.md says when that is worth it.
"""
