"""Measurements against the ways of today; run by `make bench`."""
