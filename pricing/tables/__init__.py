"""The price tables as data, with the tools that make and check them; read by `pricing.book` only."""
