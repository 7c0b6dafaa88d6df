from odoo import fields


class WrittenBy(fields.Many2one):
    """Who wrote a record, as it was written: the database does not look after it.

    Checking that the user exists, twice a line, costs a ledger a fifth of what the
    database spends on its lines. And where a user is deleted, the database would empty
    the column, of lines that are sealed with it too; so it keeps what was written.
    """

    def update_db_foreign_key(self, model, column):
        pass
