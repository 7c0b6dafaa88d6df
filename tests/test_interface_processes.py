"""The interface as processes of its own: gateways over sockets, workers side by side.

What is tried: order and exactly-once with several workers on one backlog, answers that
wait for the ledger, answers after a power cut, TLS from the sealed key to the socket,
and whatever bytes come in.
"""

import base64
import contextlib
import os
import random
import ssl
import sys

import psycopg2
import pytest
import templates
from faults import fuzz
from processes import Gateway, Worker, eventually
from templates import PROJECT
from test_gateway import acknowledged, framed, talk

FLOOR = "med_his_connector"
MUTATIONS = int(os.environ.get("MUTATIONS", "200"))
PREPARE = """
ward = env["med.department"].create({"name": "Ward", "code": "W1"})
env["product.product"].create([
    {"name": code, "med_charge_code": code, "is_storable": True, "med_consumable": True}
    for code in ("GLOVE", "STENT")
])
Channel = env["med.his.channel"]
plain = {"plaintext": True, "port": 20000}
Channel.create({"name": "Plain", "code": "PLAIN", **plain})
Channel.create({
    "name": "Late", "code": "LATE", "answer_when": "processed", **plain, "port": 20001,
})
Channel.create({
    "name": "TLS", "code": "TLS", "port": 20002, "tls_certificate": %(certificate)r,
    "tls_key": %(key)r, "tls_authority": %(authority)r, "tls_client_names": "his",
})
env.cr.commit()
"""
#: Takes a batch, waits until all have theirs, works it, and goes on with the rest.
WORK = """
import time
from pathlib import Path
from odoo.addons.med_his_connector.models.med_his_message_queue import BUSY
Message = env["med.his.message"].sudo()
env.cr.commit()
taken = Message._take(%(batch)s)
print(f"took {len(taken)}", flush=True)
print("ready", flush=True)
while not Path(%(go)r).exists():
    time.sleep(0.01)
try:
    taken._work()
    env.flush_all()
    time.sleep(%(linger)s)
    env.cr.commit()
except BUSY as error:
    print(f"busy {type(error).__name__}", flush=True)
    env.cr.rollback()
    env.invalidate_all()
for attempt in range(1200):
    more = []
    try:
        more = Message._take(5)
        more._work()
        env.cr.commit()
    except BUSY:
        env.cr.rollback()
        env.invalidate_all()
        time.sleep(0.05)
        continue
    env.invalidate_all()
    if not more:
        env.cr.commit()
        env.cr.execute("SELECT 1 FROM med_his_message WHERE state = 'received' LIMIT 1")
        if not env.cr.fetchone():
            break
        env.cr.commit()
        time.sleep(0.05)
"""


def dft(control_id, *lines, visit="V1"):
    """A DFT of these FT1 lines: ``(number, kind, item, quantity)``."""
    return "\r".join(
        (
            f"MSH|^~\\&|HIS|HOSP|MED|STORE|20260105101500||DFT^P03|{control_id}|P|2.5",
            f"PID|1||P{visit}^^^HOSP^MR",
            f"PV1|1|I|W1||||||||||||||||{visit}",
            *(
                f"FT1|{place}|{number}||20260105100000||{kind}|{item}|||{quantity}|||W1"
                for place, (number, kind, item, quantity) in enumerate(lines, start=1)
            ),
            "",
        )
    ).encode()


@pytest.fixture(scope="module")
def authority():
    sys.path.insert(0, str(PROJECT / "addons" / FLOOR / "tests"))
    try:
        import certificates  # noqa: PLC0415
    finally:
        sys.path.pop(0)
    return certificates.Authority(), certificates.client_context


@pytest.fixture(scope="module")
def his_db(authority, tmp_path_factory):
    key = tmp_path_factory.mktemp("key") / "his.key"
    key.write_bytes(base64.b64encode(os.urandom(32)))
    key.chmod(0o600)
    before = os.environ.get("MED_KEY_FILE")
    os.environ["MED_KEY_FILE"] = str(key)
    templates.ensure(FLOOR)
    database = templates.copy_of(FLOOR, "interface")
    certificate, secret = authority[0].issue("gateway")
    values = {"certificate": certificate, "key": secret}
    values["authority"] = authority[0].pem
    Worker("prepare", database, PREPARE % values).finish()
    yield database
    database.drop()
    if before is None:
        del os.environ["MED_KEY_FILE"]
    else:
        os.environ["MED_KEY_FILE"] = before


@pytest.fixture(scope="module")
def query(his_db):
    return lambda statement, values=None: templates.rows(his_db, statement, values)


@pytest.fixture
def gateway(his_db, processes):
    """``gateway("LATE")`` -> one that runs until the end of the test."""
    started = []

    def start(channel="PLAIN"):
        made = Gateway(his_db, channel=channel)
        processes.append(made)
        started.append(made)
        return made

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def work(his_db, processes, tmp_path):
    """``work(3)``: so many workers, each with a batch in hand before one of them goes
    on; what each said."""

    def together(count, batch=5, linger=0.0):
        go = tmp_path / "go"
        values = {"go": str(go), "batch": batch, "linger": linger}
        workers = [
            Worker(f"worker-{number}", his_db, WORK % values) for number in range(count)
        ]
        processes.extend(workers)
        for worker in workers:
            # A worker that waited for the lanes of another one would never say it.
            worker.wait_until_said("ready")
        go.touch()
        for worker in workers:
            worker.finish()
        go.unlink()
        return [worker.log.read_text().splitlines() for worker in workers]

    return together


def test_r11_three_workers_keep_the_order_of_each_visit_and_item(gateway, work, query):
    chance, messages, step = random.Random(11), [], {}
    for number in range(400):
        visit, item = f"R11-{chance.randrange(60)}", chance.choice(("GLOVE", "STENT"))
        last = step.get((visit, item), 0)
        # A charge of two, then a credit of one of them: each needs the one before.
        place, kind = last // 2, ("CG", "CD")[last % 2]
        step[visit, item] = last + 1
        line = f"{visit}-{item}-{place}", kind, item, 2 if kind == "CG" else 1
        messages.append(dft(f"R11-{number:03}", line, visit=visit))
    for answer in gateway().send(*messages):
        assert acknowledged(answer)[0] == b"AA"
    for said in work(3):
        # Each has a share of its own, at the same time.
        assert "took 5" in said
    rows = query(
        """
        SELECT line.encounter_token, line.product_id, line.kind, message.control_id
          FROM med_consumption line
          JOIN med_his_message message ON message.id = line.his_message_id
         WHERE message.control_id LIKE 'R11-%%' ORDER BY line.id
        """
    )
    assert len(rows) == 400
    by_key = {}
    for token, product, kind, control_id in rows:
        by_key.setdefault((token, product), []).append((control_id, kind))
    assert len(by_key) == len(step)
    for lines in by_key.values():
        # In one batch uses are recorded before what takes them back.
        for kind in ("use", "return"):
            own = [control_id for control_id, each in lines if each == kind]
            assert own == sorted(own)
        kinds = [kind for _control_id, kind in lines]
        for end in range(len(kinds)):
            assert kinds[: end + 1].count("return") <= kinds[: end + 1].count("use")
    states = query(
        "SELECT DISTINCT state FROM med_his_message WHERE control_id LIKE 'R11-%%'"
    )
    assert states == [("processed",)]


def test_r09_one_line_in_two_messages_at_once_is_one_use(gateway, work, query):
    # Many visits in many lanes, and one number of a line.
    line = "R09-LINE", "CG", "GLOVE", 3
    contents = [dft(f"R09-{n}", line, visit=f"R09-{n}") for n in range(40)]
    gateway().send(*contents)
    said = work(2, batch=1, linger=1.0)
    assert [words[0] for words in said] == ["took 1", "took 1"]
    assert any("busy" in word for words in said for word in words)
    query(
        "UPDATE med_his_message SET next_try_at = NULL"
        " WHERE control_id LIKE 'R09-%%' RETURNING id"
    )
    work(1)
    lines = query(
        "SELECT quantity FROM med_consumption WHERE external_key LIKE '%%R09-LINE%%'"
    )
    assert lines == [(3,)]
    states = query(
        "SELECT state, count(*) FROM med_his_message WHERE control_id LIKE 'R09-%%'"
        " AND line_count = 1 GROUP BY state"
    )
    assert states == [("processed", 1)]


def test_r05_r07_what_is_answered_late_says_what_became_of_it(gateway, query):
    late = gateway("LATE")
    good = dft("LATE-1", ("LATE-1", "CG", "GLOVE", 1))
    bad = dft("LATE-2", ("LATE-2", "CG", "NOBODY", 1))
    first, refused = late.send(good, bad)
    assert acknowledged(first) == (b"AA", b"LATE-1")
    assert acknowledged(refused) == (b"AE", b"LATE-2")
    find = "SELECT count(*) FROM med_consumption WHERE external_key LIKE %s"
    assert query(find, ["%LATE-1%"]) == [(1,)]
    assert query(find, ["%LATE-2%"]) == [(0,)]
    # The same after a power cut, byte for byte.
    late.kill()
    late = gateway("LATE")
    assert late.send(good) == [first]
    query(
        "UPDATE product_template SET med_charge_code = 'NOBODY'"
        " WHERE med_charge_code = 'STENT' RETURNING id"
    )
    query(
        "UPDATE med_his_message SET state = 'received'"
        " WHERE control_id = 'LATE-2' RETURNING id"
    )
    assert acknowledged(late.send(bad)[0]) == (b"AA", b"LATE-2")
    query(
        "UPDATE product_template SET med_charge_code = 'STENT'"
        " WHERE med_charge_code = 'NOBODY' RETURNING id"
    )


def test_r02_what_cannot_be_decided_now_gets_no_answer(his_db, gateway, query):
    late = gateway("LATE")
    message = dft("BUSY-1", ("BUSY-1", "CG", "GLOVE", 1))
    with contextlib.closing(psycopg2.connect(dbname=his_db.name)) as other:
        # Another worker has every lane in its hands.
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM med_his_lane FOR UPDATE")
        assert talk(late, framed(message), answers=1, seconds=30) == b""
        assert query(
            "SELECT state FROM med_his_message WHERE control_id = 'BUSY-1'"
        ) == [("received",)]
        other.rollback()
    assert acknowledged(late.send(message)[0]) == (b"AA", b"BUSY-1")


def test_r07_answers_are_the_same_after_a_power_cut(his_db, gateway):
    one = dft("CUT-1", ("CUT-1", "CG", "GLOVE", 1))
    lines = [b"BHS|^~\\&|HIS|HOSP|MED|STORE|20260105||||CUT-B"]
    parts = (dft(f"CUT-B{n}", (f"CUT-B{n}", "CG", "GLOVE", 1)) for n in range(2))
    batch = b"\r".join((*lines, *(part.rstrip() for part in parts), b"BTS|2", b""))
    wrong = dft("CUT-2").replace(b"DFT^P03", b"ABC^Z99")
    first = gateway()
    before = first.send(one, batch, wrong)
    assert [acknowledged(each)[0] for each in (before[0], before[2])] == [b"AA", b"AE"]
    first.kill()
    again = gateway()
    assert again.send(one, batch, wrong) == before
    with templates.server() as execute:
        execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            values=[his_db.name],
        )
    assert again.send(one, batch, wrong) == before


def test_s01_a_channel_with_tls_from_the_sealed_key_to_the_socket(
    authority, gateway, query, tmp_path
):
    ours, client_context = authority
    served = gateway("TLS")
    message = dft("TLS-1", ("TLS-1", "CG", "GLOVE", 1))

    def ask(context):
        with (
            contextlib.suppress(OSError),
            contextlib.closing(served.connect()) as line,
        ):
            if context:
                line = context.wrap_socket(line)  # noqa: PLW2901
            line.sendall(framed(message))
            line.settimeout(10)
            return line.recv(65536)
        return b""

    certificate, key = ours.issue("somebody")
    assert ask(None) == b""
    assert ask(client_context(ours.pem)) == b""
    assert ask(client_context(ours.pem, certificate, key, tmp_path)) == b""
    assert not query("SELECT 1 FROM med_his_message WHERE control_id = 'TLS-1'")
    certificate, key = ours.issue("his")
    good = client_context(ours.pem, certificate, key, tmp_path)
    assert good.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert acknowledged(ask(good).strip(b"\x0b\x1c\r")) == (b"AA", b"TLS-1")
    assert len(query("SELECT 1 FROM med_his_message WHERE control_id = 'TLS-1'")) == 1
    assert eventually(
        lambda: query("SELECT 1 FROM med_his_event WHERE event = 'refuse'"),
        what="the refusals on the trail",
    )


def test_s04_whatever_comes_is_answered_or_cut_and_never_recorded_in_part(
    gateway, work, query
):
    chance, plain = random.Random(4), gateway()
    lines = [
        [
            (f"S04-{n}-{m}", "CG", item, m + 1)
            for m, item in enumerate(("GLOVE", "STENT", "GLOVE"))
        ]
        for n in range(20)
    ]
    samples = [dft(f"S04-{n}", *own, visit=f"S04-{n}") for n, own in enumerate(lines)]
    samples += [path.read_bytes() for path in sorted(fuzz.SAMPLES.glob("*.hl7"))]
    answered = closed = 0
    for _number in range(MUTATIONS):
        raw = fuzz.mutated(chance, samples)
        try:
            told = talk(plain, framed(raw), answers=1, seconds=2)
        except ConnectionError:
            told = b""
        except TimeoutError:
            # Asked for no answer (MSH-15 NE), or a frame that never ends: no trace of
            # a promise is given, and the line is closed when its time is over.
            told = None
        answered += bool(told)
        closed += told == b""
        if told:
            assert told.endswith(b"\x1c\r")
    assert plain.is_running()
    assert answered > MUTATIONS // 2
    assert answered + closed > MUTATIONS * 0.9
    work(1)
    partial = query(
        """
        SELECT message.id, message.state, message.line_count, count(line.id)
          FROM med_his_message message
     LEFT JOIN med_consumption line ON line.his_message_id = message.id
      GROUP BY message.id
        HAVING count(line.id) != message.line_count
            OR (count(line.id) > 0 AND message.state != 'processed')
        """
    )
    assert partial == []
    assert query("SELECT 1 FROM med_his_message WHERE state = 'processed' LIMIT 1")
    assert not query("SELECT 1 FROM med_his_message WHERE error_code = 'internal'")
