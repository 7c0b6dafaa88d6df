"""Charges and scans gather in groups; those made before had one report a side.

What waits is open by the whole quantity of its only report.
"""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE med_consumption_match match
           SET charged_quantity = told.charged, scanned_quantity = told.scanned,
               difference = told.charged - told.scanned,
               missing_quantity = CASE WHEN match.state IN ('waiting', 'leak')
                                       THEN abs(told.charged - told.scanned) ELSE 0 END
          FROM (SELECT match_id,
                       sum(CASE WHEN source LIKE 'his:%' THEN quantity ELSE 0 END)
                           AS charged,
                       sum(CASE WHEN source LIKE 'his:%' THEN 0 ELSE quantity END)
                           AS scanned
                  FROM med_consumption WHERE match_id IS NOT NULL
                 GROUP BY match_id) told
         WHERE told.match_id = match.id
           AND match.state NOT IN ('cancelled', 'explained')
        """
    )
