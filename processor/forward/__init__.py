"""The next hops. Each takes a batch whole or says who may try again; none looks inside it."""
