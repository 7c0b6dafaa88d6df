"""What an interface message says: plain Python, no Odoo, no database, no clock."""
