"""The process that receives: sockets on one side, the message store on the other.

``server`` and ``connection`` know sockets and frames and nothing of Odoo; ``store``
knows Odoo and nothing of sockets; ``quick`` knows one table. ``writer`` stands between
them and keeps the order.
"""
