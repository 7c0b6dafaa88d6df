"""The real MLLP gateway, as a process, over a socket: what a sender can rely on."""

import contextlib
import os
import random
import re
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
import requests
from processes import Gateway, eventually
from templates import PROJECT, server

SAMPLES = Path(__file__).parent / "data" / "hl7"
CUT_TRIALS = int(os.environ.get("GATEWAY_TRIALS", "3"))
CONNECTIONS = 4
LOOK_AGAIN_SECONDS = 5  # the gateway reads its channels again


def charge(control_id, quantity=1, charset="", name="张三"):
    """A charge as a HIS sends it."""
    return "\r".join(
        (
            f"MSH|^~\\&|HIS|YUNXI|MED|STORE|20260105101500||DFT^P03|{control_id}|P|2.4"
            f"||||||{charset}",
            f"PID|1||P{control_id}^^^YUNXI^MR||{name}||19700101|F",
            "PV1|1|I|ICU",
            f"FT1|1|T{control_id}||20260105100000||CG|NOT-MAPPED|||{quantity}",
            "",
        )
    ).encode("gb18030" if charset == "GBK" else "utf-8")


def acknowledged(answer):
    """``(MSA-1, MSA-2)`` of an answer."""
    (segment,) = (line for line in answer.split(b"\r") if line.startswith(b"MSA"))
    return tuple(segment.split(segment[3:4])[1:3])


def framed(message):
    return b"\x0b" + message + b"\x1c\r"


def talk(gateway, data, answers=0, seconds=5.0):
    """Send bytes as they are; what comes back until so many answers, or the end."""
    received = b""
    with contextlib.closing(gateway.connect()) as connection:
        connection.sendall(data)
        connection.settimeout(seconds)
        while not answers or received.count(b"\x1c\r") < answers:
            part = connection.recv(65536)
            if not part:
                break
            received += part
    return received


@pytest.fixture
def stored(sql):
    """``stored(control_id)`` -> ``[(state, error code), ...]``."""

    def find(control_id):
        return sql(
            "SELECT state, error_code FROM med_his_message"
            " WHERE control_id = %s ORDER BY id",
            [control_id],
        )

    return find


def test_the_command_is_known_and_says_how_it_is_used():
    shown = subprocess.run(
        [PROJECT / "bin" / "odoo", "med_gateway", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "--channel" in shown
    assert "Unknown command" not in shown


def test_a_channel_that_does_not_exist_ends_the_command_with_a_reason(hospital_db):
    ended = subprocess.run(
        [PROJECT / "bin" / "odoo", "med_gateway", "-d", hospital_db.name]
        + ["--channel", "NOWHERE"],
        capture_output=True,
        text=True,
        check=False,
        env=hospital_db.environment(),
        timeout=120,
    )
    assert ended.returncode == 1
    assert "There is no active channel NOWHERE" in ended.stdout


def test_an_acknowledged_message_is_stored(mllp_gateway, stored):
    (answer,) = mllp_gateway.send(charge("A1"))
    assert acknowledged(answer) == (b"AA", b"A1")
    assert len(stored("A1")) == 1


def test_r07_a_duplicate_is_answered_the_same_and_stored_once(mllp_gateway, stored):
    first, second = mllp_gateway.send(charge("D1"), charge("D1"))
    (third,) = mllp_gateway.send(charge("D1"))
    assert first == second == third
    assert len(stored("D1")) == 1


def test_r07_a_batch_sent_again_is_answered_the_same(mllp_gateway, stored):
    lines = [b"BHS|^~\\&|HIS|YUNXI|MED|STORE|20260105||||B7", charge("B7a").rstrip()]
    data = b"\r".join((*lines, charge("B7b").rstrip(), b"BTS|2", b""))
    first, second = mllp_gateway.send(data, data)
    (third,) = mllp_gateway.send(data)
    together = talk(mllp_gateway, framed(data) * 3, answers=3)
    assert b"\rMSA|AA|B7a" in first and b"\rBTS|2" in first
    assert first == second == third
    assert together == framed(first) * 3
    assert len(stored("B7a")) == len(stored("B7b")) == 1


def test_r08_another_content_under_the_same_id_is_put_aside(mllp_gateway, stored):
    first, other = mllp_gateway.send(charge("S1"), charge("S1", quantity=2))
    assert acknowledged(first)[0] == b"AA"
    assert acknowledged(other)[0] == b"AE"
    assert ("quarantined", "same_id") in stored("S1")


def test_two_messages_in_one_packet_get_two_answers_in_order(mllp_gateway):
    data = framed(charge("P1")) + framed(charge("P2"))
    received = talk(mllp_gateway, data, answers=2)
    ids = [acknowledged(each)[1] for each in received.split(b"\x1c\r")[:-1]]
    assert ids == [b"P1", b"P2"]


def test_a_message_in_small_pieces_is_one_message(mllp_gateway):
    with contextlib.closing(mllp_gateway.connect()) as connection:
        data = framed(charge("F1"))
        for start in range(0, len(data), 40):
            connection.sendall(data[start : start + 40])
            time.sleep(0.005)
        connection.settimeout(5)
        assert acknowledged(connection.recv(65536)) == (b"AA", b"F1")


def test_a_half_message_is_not_answered_and_leaves_a_trace(mllp_gateway, sql):
    with contextlib.closing(mllp_gateway.connect()) as connection:
        connection.sendall(framed(charge("H1"))[:60])
    rows = eventually(
        lambda: sql("SELECT size FROM med_his_message WHERE error_code = 'unfinished'"),
        what="the trace of the half message",
    )
    assert rows == [(59,)]


def test_what_is_not_hl7_is_refused_and_the_line_stays_open(mllp_gateway):
    garbage, good = mllp_gateway.send(b"\xff\x00 not HL7 \x80", charge("G1"))
    assert acknowledged(garbage)[0] == b"AE"
    assert acknowledged(good) == (b"AA", b"G1")


def test_what_is_not_mllp_is_recorded_and_the_line_is_closed(mllp_gateway, sql):
    assert talk(mllp_gateway, b"GET / HTTP/1.1\r\nHost: his\r\n\r\n" * 100) == b""
    assert eventually(
        lambda: sql("SELECT 1 FROM med_his_message WHERE error_code = 'stray'"),
        what="the record of the stray bytes",
    )
    assert acknowledged(mllp_gateway.send(charge("G2"))[0])[0] == b"AA"


def test_v06_a_gbk_message_is_answered_in_gbk(mllp_gateway, stored):
    message = charge("东1", charset="GBK", name="東方")
    (answer,) = mllp_gateway.send(message)
    assert acknowledged(answer) == (b"AA", "东1".encode("gbk"))
    assert len(stored("东1")) == 1


def published():
    """The sample messages, but for batches and those that ask for no answer."""
    contents = [path.read_bytes() for path in sorted(SAMPLES.glob("*.hl7"))]
    return [content for content in contents if _is_answered_alone(content)]


def _is_answered_alone(content):
    segments = re.split(rb"[\r\n]+", content)
    heads = [each.split(b"|") for each in segments if each.startswith(b"MSH")]
    silent = any(head[14:15] == [b"NE"] for head in heads)  # MSH-15
    return not silent and content[:3] not in (b"BHS", b"FHS")


def test_every_published_message_gets_an_answer(mllp_gateway):
    answers = mllp_gateway.send(*published())
    codes = {acknowledged(answer)[0] for answer in answers}
    assert codes <= {b"AA", b"AE", b"CA", b"CE"}
    assert {b"AA", b"AE"} <= codes


def test_a_network_that_is_not_allowed_is_refused(mllp_gateway, sql):
    def allow(networks):
        sql(
            "UPDATE med_his_channel SET allowed_networks = %s"
            " WHERE code = 'DEMO' RETURNING id",
            [networks],
        )

    def refused():
        with contextlib.suppress(ConnectionError):
            return talk(mllp_gateway, framed(charge("N1")), answers=1) == b""
        return True

    allow("10.0.0.0/8")
    try:
        eventually(refused, LOOK_AGAIN_SECONDS * 3, what="the refusal")
    finally:
        allow("127.0.0.0/8")
    eventually(lambda: not refused(), LOOK_AGAIN_SECONDS * 3, what="the permission")


def test_r02_without_the_database_nothing_is_acknowledged(
    mllp_gateway, hospital_db, stored
):
    with server() as execute:
        execute("ALTER DATABASE {} ALLOW_CONNECTIONS false", hospital_db.name)
        disconnect(execute, hospital_db)
        received = None
        with contextlib.suppress(ConnectionError):
            received = talk(mllp_gateway, framed(charge("X1")), answers=1)
        execute("ALTER DATABASE {} ALLOW_CONNECTIONS true", hospital_db.name)
    assert not received
    # It recovers by itself.
    assert acknowledged(mllp_gateway.send(charge("X1"))[0]) == (b"AA", b"X1")
    assert len(stored("X1")) == 1


def test_r02_a_lost_database_connection_costs_nothing(mllp_gateway, hospital_db):
    with server() as execute:
        for number in range(5):
            disconnect(execute, hospital_db)
            answers = mllp_gateway.send(charge(f"L{number}"))
            assert acknowledged(answers[0])[0] == b"AA"


def test_the_health_of_the_gateway_is_json_on_this_machine(hospital_db, processes):
    gateway = Gateway(hospital_db, "--health-port", "0")
    processes.append(gateway)
    gateway.send(charge("H1"))
    (url,) = (
        line.removeprefix("Health at ")
        for line in gateway.log.read_text().splitlines()
        if line.startswith("Health at ")
    )
    assert url.startswith("http://127.0.0.1:")
    state = requests.get(url, timeout=10).json()
    (channel,) = state["channels"]
    assert (state["status"], state["database"]) == ("ok", "reached")
    assert (channel["code"], channel["listening"]) == ("DEMO", True)
    assert channel["stored"] >= 1


def test_s09_who_was_refused_is_on_the_audit_trail(mllp_gateway, sql):
    sql(
        "UPDATE med_his_channel SET allowed_networks = '10.0.0.0/8'"
        " WHERE code = 'DEMO' RETURNING id"
    )
    try:

        def refused():
            with contextlib.suppress(ConnectionError):
                talk(mllp_gateway, framed(charge("N9")), answers=1)
            return sql(
                "SELECT 1 FROM med_his_event WHERE event = 'refuse' AND failed"
                " AND detail = 'its network is not allowed' AND peer = '127.0.0.1'"
            )

        assert eventually(refused, LOOK_AGAIN_SECONDS * 6, what="the entry")
    finally:
        sql("UPDATE med_his_channel SET allowed_networks = '127.0.0.0/8' RETURNING id")
    eventually(
        lambda: _is_answered(mllp_gateway),
        LOOK_AGAIN_SECONDS * 6,
        what="the permission",
    )


def _is_answered(gateway):
    with contextlib.suppress(ConnectionError):
        return bool(talk(gateway, framed(charge("N10")), answers=1))
    return False


def test_s10_logs_say_nothing_of_what_is_in_messages(mllp_gateway, processes):
    mllp_gateway.send(*published())
    with contextlib.suppress(TimeoutError):  # it is cut off, and nobody answers
        talk(mllp_gateway, b"\x0bMSH|^~\\&|LEAK-ME-NOT", seconds=1.0)
    logs = "".join(process.log.read_text(errors="replace") for process in processes)
    for text in ("PID|", "LEAK-ME-NOT", "EVERYMAN", "PATID1234", "张三"):
        assert text not in logs


def test_the_gateway_wakes_the_job(mllp_gateway, sql):
    mllp_gateway.send(charge("W1"))
    assert eventually(
        lambda: sql(
            "SELECT 1 FROM ir_cron_trigger AS wake JOIN ir_cron ON ir_cron.id = cron_id"
            " WHERE cron_name = 'Interfaces: process messages'"
        ),
        what="the wake-up of the job",
    )


def test_r01_what_was_acknowledged_survives_a_power_cut(hospital_db, processes, sql):
    """kill -9 under load, at random moments: nothing lost, nothing twice."""

    def start():
        gateway = Gateway(hospital_db)
        processes.append(gateway)
        return gateway

    gateway = start()
    for trial in range(CUT_TRIALS):
        senders = [Sender(gateway, f"K{trial}-{n}") for n in range(CONNECTIONS)]
        for sender in senders:
            sender.start()
        time.sleep(0.2 + random.random())
        gateway.kill()
        for sender in senders:
            sender.join()
        safe = {each for sender in senders for each in sender.acknowledged}
        assert safe
        assert safe <= ids_in(sql, f"K{trial}-%")
        # The senders do what senders do: they send again what they have no answer for.
        gateway = start()
        sent = [each for sender in senders for each in sender.sent]
        for answer in gateway.send(*map(charge, sent)):
            assert acknowledged(answer)[0] == b"AA"
        rows = sql(
            "SELECT count(*), count(DISTINCT control_id) FROM med_his_message"
            " WHERE control_id LIKE %s",
            [f"K{trial}-%"],
        )
        assert rows == [(len(sent), len(sent))]
    # Told to stop, it ends well.
    gateway.stop()
    assert gateway.popen.returncode == 0
    assert "MLLP gateway listening on 127.0.0.1" in gateway.tail()
    assert "MLLP gateway stopped" in gateway.tail()


class Sender(threading.Thread):
    """Sends one message after another until the line breaks."""

    def __init__(self, gateway, name):
        super().__init__()
        self.gateway = gateway
        self.prefix = name
        self.sent, self.acknowledged = [], []

    def run(self):
        with (
            contextlib.suppress(OSError),
            contextlib.closing(self.gateway.connect()) as connection,
        ):
            while True:
                control_id = f"{self.prefix}-{len(self.sent)}"
                self.sent.append(control_id)
                connection.sendall(framed(charge(control_id)))
                answer = receive(connection)
                if acknowledged(answer) != (b"AA", control_id.encode()):
                    raise AssertionError(f"{control_id} was answered {answer!r}")
                self.acknowledged.append(control_id)


def receive(connection: socket.socket):
    answer = b""
    while not answer.endswith(b"\x1c\r"):
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("hung up")
        answer += part
    return answer


def ids_in(sql, pattern):
    found = sql(
        "SELECT control_id FROM med_his_message WHERE control_id LIKE %s", [pattern]
    )
    return {control_id for (control_id,) in found}


def disconnect(execute, database):
    """Cut every connection to the database, as a restart of the server does."""
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
        values=[database.name],
    )
