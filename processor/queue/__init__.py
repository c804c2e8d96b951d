"""`sending_queue`: requests wait here for a next hop that is slow or away, in memory or on disk."""
