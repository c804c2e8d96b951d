"""Calls that nobody described one by one: the tokens that metrics count, priced as usage of a model."""
