"""The process that receives: sockets on one side, the message store on the other.

``server`` knows sockets and frames and nothing of Odoo; ``store`` knows Odoo and
nothing of sockets; ``writer`` is the one thread between them.
"""
