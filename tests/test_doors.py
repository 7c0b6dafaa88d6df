"""The doors over HTTP with the real server: what senders at the same moment rely on."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from processes import Worker

ISSUE = """
channel = env["med.his.channel"].create({
    "name": "Race", "code": "RACE", "transport": %(transport)r,
    "requests_per_minute": 6000,
})
print("KEY", env["med.his.key"]._issue(channel, "Race"))
env.cr.commit()
"""


def charge(number):
    return {
        "resourceType": "ChargeItem",
        "identifier": [{"system": "urn:race", "value": number}],
        "status": "billable",
        "code": {"coding": [{"code": "NOT-MAPPED"}]},
        "subject": {"reference": "Patient/1"},
        "occurrenceDateTime": "2026-01-05T10:15:00+08:00",
        "performingOrganization": {"identifier": {"value": "ICU"}},
        "quantity": {"value": 1},
    }


@pytest.fixture(scope="module")
def post(odoo_server, hospital_db, processes):
    """``post(path, body, **headers)`` as a sender that holds a key."""
    issuing = Worker("issue", hospital_db, ISSUE % {"transport": "fhir"})
    processes.append(issuing)
    issuing.popen.wait(120)
    [line] = [x for x in issuing.log.read_text().splitlines() if "KEY mck_" in x]
    key = line.split()[-1]

    def send(path, body, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(
            odoo_server.url + path,
            data=json.dumps(body),
            headers={
                "Authorization": f"Bearer {key}",
                "Content-Type": "application/fhir+json",
                **headers,
            },
            timeout=120,
        )

    return send


@pytest.mark.parametrize("number", [f"R{n}" for n in range(3)])
def test_f02_of_eight_at_once_one_creates_and_seven_find(post, sql, number):
    def create(_nth):
        return post(
            "/fhir/R4/ChargeItem",
            charge(number),
            If_None_Exist=f"identifier=urn:race|{number}",
        )

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * 7 + [201], [answer.text for answer in answers]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    count = sql("SELECT count(*) FROM med_his_message WHERE control_id = %s", [number])
    assert count == [(1,)]


def test_f01_metadata_is_there_for_everybody(odoo_server):
    found = requests.get(f"{odoo_server.url}/fhir/R4/metadata", timeout=60).json()
    assert found["resourceType"] == "CapabilityStatement"
