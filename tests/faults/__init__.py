"""Faults tried with real processes: nothing acknowledged is lost, nothing is doubled.

``place`` is a database server, a gateway and a worker of their own; ``senders`` do what
a HIS does; ``trials`` do harm to one while the others are at work.
"""
