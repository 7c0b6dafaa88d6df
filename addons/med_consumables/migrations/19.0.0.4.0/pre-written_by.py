"""Who wrote a line of the ledger stays as it was written, whatever becomes of them."""


def migrate(cr, version):
    for name in ("create_uid", "write_uid"):
        cr.execute(
            "ALTER TABLE med_consumption"
            f" DROP CONSTRAINT IF EXISTS med_consumption_{name}_fkey"
        )
