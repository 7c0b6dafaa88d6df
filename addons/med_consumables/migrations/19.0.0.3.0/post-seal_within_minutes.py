"""Lines are sealed within minutes; a database made before seals them by the hour.

The job's note moves from a system parameter to a table of its own: the next run takes
a new one.
"""


def migrate(cr, version):
    cr.execute(
        "UPDATE ir_cron SET interval_number = 2, interval_type = 'minutes'"
        " WHERE id = (SELECT res_id FROM ir_model_data"
        " WHERE module = 'med_consumables' AND name = 'ir_cron_seal_ledger')"
        " AND interval_number = 1 AND interval_type = 'hours'"
    )
    cr.execute(
        "DELETE FROM ir_config_parameter WHERE key = 'med_consumables.ledger_watermark'"
    )
