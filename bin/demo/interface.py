"""The HIS channel of the demonstration and the codes that its sender uses."""

from . import catalogue

CHANNEL = "DEMO"


def set_up(env, company, departments, products, port, time_zone):
    channel = env["med.his.channel"].create(
        {
            "name": "HIS charges (demonstration)",
            "code": CHANNEL,
            "company_id": company.id,
            "host": "127.0.0.1",
            "port": port,
            "plaintext": True,
            "allowed_networks": "127.0.0.0/8",
            "tz": time_zone,
            "charset": "utf-8",
        }
    )
    items = catalogue.items()
    mapped = [items[code] for code in catalogue.MAPPED_CHARGES]
    env["med.his.code"].create(
        [
            {
                "channel_id": channel.id,
                "kind": "department",
                "code": row.his_code,
                "description": row.name_zh,
                "department_id": departments[code].id,
            }
            for code, row in catalogue.departments().items()
        ]
        + [
            {
                "channel_id": channel.id,
                "kind": "item",
                "code": item.his_code[0],
                "description": item.name_zh,
                "product_id": products[item.code].id,
                "factor": item.his_code[1],
            }
            for item in mapped
        ]
    )
    return channel
