"""The privacy officer comes from the HIS connector; their people keep the role.

A database made before bears the group and its privilege under the connector's name,
and the connector's upgrade would delete what it no longer brings.
"""


def migrate(cr, version):
    cr.execute(
        "UPDATE ir_model_data SET module = 'med_consumables'"
        " WHERE module = 'med_his_connector'"
        " AND name IN ('group_privacy_officer', 'privilege_privacy')"
    )
