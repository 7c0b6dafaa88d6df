"""The channels of the demonstration and the codes that their senders use."""

import os
from pathlib import Path

from . import catalogue

CHANNEL = "DEMO"
#: Where the key of the FHIR channel is written: beside the key that seals messages. It
#: is known to the database by its hash alone.
FHIR_KEY_FILE = "fhir-demo.key"


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
    name(channel, "HIS 收费（演示）")
    fhir, files = _other_doors(env, company, time_zone)
    items = catalogue.items()
    mapped = [items[code] for code in catalogue.MAPPED_CHARGES]
    for one in (channel, fhir, files):
        _map(env, one, departments, products, mapped)
    return channel


def name(channel, chinese):
    """Its name for those who read Chinese, beside the English one."""
    both = {"en_US": channel.with_context(lang="en_US").name, "zh_CN": chinese}
    channel.update_field_translations("name", both)


def known(products):
    """``(code, product, factor)`` of the first item that the HIS charges."""
    item = catalogue.items()[next(iter(catalogue.MAPPED_CHARGES))]
    code, factor = item.his_code
    return code, products[item.code], factor


def _other_doors(env, company, time_zone):
    """FHIR over HTTP with a key, and a folder of files."""
    common = {"company_id": company.id, "tz": time_zone}
    fhir, files = env["med.his.channel"].create(
        [
            {
                **common,
                "name": "Theatre system, FHIR (demonstration)",
                "code": "DEMO-FHIR",
                "transport": "fhir",
                "allowed_networks": "127.0.0.0/8",
            },
            {
                **common,
                "name": "Charge files (demonstration)",
                "code": "DEMO-FILES",
                "transport": "folder",
                "folder": "demo-charges",
            },
        ]
    )
    name(fhir, "手术系统 FHIR（演示）")
    name(files, "收费文件（演示）")
    key = env["med.his.key"]._issue(fhir, "手麻系统")
    if sealing := os.environ.get("MED_KEY_FILE"):
        file = Path(sealing).with_name(FHIR_KEY_FILE)
        file.write_text(f"{key}\n")
        file.chmod(0o600)
    return fhir, files


def _map(env, channel, departments, products, mapped):
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
