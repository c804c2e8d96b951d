"""Small honest stand-ins for what is on the other side of a port. They remember, and fail when told."""
