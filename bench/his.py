"""What it costs to take messages in for good, and to bring them to the ledger."""

import json
import time
from contextlib import closing
from statistics import median

import psycopg2

from bench._interface import Interface, memory_mb
from bench._senders import charge

FLOOR = "med_his_connector"

ROUNDS = 3
LIST = [
    "received_at",
    "channel_id",
    "message_type",
    "control_id",
    "state",
    "error_code",
    "cause_code",
    "error_position",
    "line_count",
    "owner_id",
    "can_map",
]


def accept_1(env, quick):
    """Messages a second that one connection gets acknowledged, each committed first.

    The peer is INSERT and COMMIT of the same bytes through psycopg, in this database.
    """
    count = 500 if quick else 3_000
    place, results, peers = Interface(env, hospital=False), [], []
    with place.gateway() as port, place.bare_listener():
        place.send(port, 1, 200, "warm")
        for number in range(ROUNDS):
            results.append(place.send(port, 1, count, f"r{number}-"))
            peers.append(_insert_and_commit(env.cr.dbname, count))
    best = sorted(results, key=lambda each: each["seconds"])[ROUNDS // 2]
    yield {
        "value": count / best["seconds"],
        "unit": "messages/s",
        "peer": "INSERT and COMMIT",
        "peer_value": median(peers),
        "n": count,
        **_times(best),
    }


def accept_64(env, quick):
    """Messages a second that 64 connections get acknowledged.

    The peer is a bare asyncio listener that commits for all connections at once, reads
    nothing of the messages and encrypts nothing.
    """
    count = 4_000 if quick else 20_000
    place, results, peers = Interface(env, hospital=False), [], []
    with place.gateway() as port, place.bare_listener() as bare:
        place.send(port, 64, 1_000, "warm")
        place.send(bare, 64, 1_000, "warm")
        for number in range(ROUNDS):
            results.append(place.send(port, 64, count, f"r{number}-"))
            peers.append(place.send(bare, 64, count, f"r{number}-"))
    best = sorted(results, key=lambda each: each["seconds"])[ROUNDS // 2]
    yield {
        "value": count / best["seconds"],
        "unit": "messages/s",
        "peer": "bare listener with group commit",
        "peer_value": median(count / each["seconds"] for each in peers),
        "n": count,
        **_times(best),
    }


def end_to_end(env, quick):
    """Messages a second from the first byte sent to the last line posted to stock.

    One-line messages over 16 connections, two workers; posting is triggered at the end,
    as the policy "every hour" does.
    """
    count = 2_000 if quick else 20_000
    place = Interface(env)
    lines = place.lines(count)
    with place.gateway() as port, place.workers(2) as workers:
        began = time.perf_counter()
        sent = place.send(port, 16, count, "e", lines)
        while place.states().get("processed", 0) < count:
            _must_go_on(place, workers)
        processed = time.perf_counter() - began
        ledger = env["med.consumption"]
        while ledger._post_pending(limit=2_000):
            env.cr.commit()
            env.invalidate_all()
        seconds = time.perf_counter() - began
        peak = max(memory_mb(each)[1] for each in workers)
    posted = ledger.search_count([("state", "=", "posted")])
    if posted != count:
        raise AssertionError(f"{posted} of {count} lines were posted")
    yield {
        "value": count / seconds,
        "unit": "messages/s",
        "n": count,
        "accepting_s": sent["seconds"],
        "processing_s": processed - sent["seconds"],
        "posting_s": seconds - processed,
        "peak_mb": peak,
        **_times(sent),
    }


def backlog_100k(env, quick):
    """Messages a second that one worker drains from a backlog, with its memory.

    Meanwhile one sender goes on: its times are those of accepting under load.
    """
    count, probes = (5_000, 100) if quick else (100_000, 500)
    place = Interface(env)
    _store(place, place.lines(count))
    total, beside = count + probes, place.lines(probes)
    with place.gateway() as port, place.workers(1) as workers:
        sending = None
        began, marks = time.perf_counter(), []
        while (done := place.states().get("processed", 0)) < total:
            if sending is None:
                sending = place.sending(port, 1, probes, "probe", beside)
            if done > len(marks) * count / 4:
                marks.append(memory_mb(workers[0])[0])
            _must_go_on(place, workers)
            time.sleep(0.5)
        seconds = time.perf_counter() - began
        probe = json.loads(sending())
        peak = memory_mb(workers[0])[1]
    yield {
        "value": total / seconds,
        "unit": "messages/s",
        "n": count,
        "peak_mb": peak,
        "mb_at_quarters": marks,
        **_times(probe),
    }


def store_5m(env, quick):
    """Seconds of the first page of the message list beside 5 million stored messages;
    accepting beside them, and purging them in batches."""
    count = 100_000 if quick else 5_000_000
    place = Interface(env, hospital=False)
    _fill(env, place.channel, count)
    with place.gateway() as port:
        place.send(port, 8, 200, "warm")
        sent = place.send(port, 8, 4_000, "s")
    pages = [_first_page(env) for _round in range(ROUNDS)]
    Message, purged, slowest, began = (
        env["med.his.message"],
        0,
        0.0,
        time.perf_counter(),
    )
    for _batch in range(10):
        at = time.perf_counter()
        purged += Message._purge(place.channel)
        env.cr.commit()
        slowest = max(slowest, time.perf_counter() - at)
    yield {
        "value": median(pages),
        "unit": "s",
        "n": count,
        "accept_per_s": sent["n"] / sent["seconds"],
        "purged_per_s": purged / (time.perf_counter() - began),
        "slowest_purge_s": slowest,
        **_times(sent),
    }


def _times(figures):
    return {name: figures[name] for name in ("p50_ms", "p95_ms", "p99_ms")}


def _insert_and_commit(database, count):
    content = charge(1, "peer")
    with closing(psycopg2.connect(dbname=database)) as connection:
        cursor = connection.cursor()
        began = time.perf_counter()
        for _number in range(count):
            cursor.execute("INSERT INTO bench_bare (content) VALUES (%s)", [content])
            connection.commit()
        return count / (time.perf_counter() - began)


def _must_go_on(place, workers):
    if any(each.poll() is not None for each in workers):
        raise RuntimeError("a worker ended")
    states = place.states()
    if wrong := states.keys() - {"received", "processed"}:
        raise AssertionError(f"messages are {wrong}")


def _store(place, lines):
    """Keep messages as the gateway does, without a socket."""
    # Addons can be imported only when the server's configuration names their folder.
    from odoo.addons.med_his_connector.core.inbox import Arrival  # noqa: PLC0415

    env, receiver = place.env, place.channel._receiver()
    messages = [charge(n, "b", *line) for n, line in enumerate(lines)]
    for at in range(0, len(messages), 1_000):
        part = [
            Arrival(receiver, "127.0.0.1", each) for each in messages[at : at + 1000]
        ]
        env["med.his.message"]._accept(part)
        env.cr.commit()


def _fill(env, channel, count):
    """Settled messages of the last hundred days, each with a content of 600 bytes."""
    env.cr.execute(
        """
        INSERT INTO med_his_message (channel_id, company_id, received_at, message_key,
               control_id, sender_application, sender_facility, message_type,
               processing_id, version, codec, peer, sha256, size, raw, answer,
               answer_code, state, lane, attempts, line_count, skipped_count,
               repeated_count, processed_at, first_tried_at)
        SELECT %(channel)s, %(company)s, at, 'HIS|BENCH|MSH:' || n, 'old' || n, 'HIS',
               'BENCH', 'DFT^P03', 'P', '2.4', 'utf-8', '10.1.2.3',
               md5(n::text) || md5((-n)::text), 450,
               convert_to(repeat(md5(n::text), 19), 'UTF8'),
               convert_to(repeat(md5(n::text), 5), 'UTF8'), 'AA',
               CASE WHEN n %% 50 = 0 THEN 'ignored' WHEN n %% 5000 = 0 THEN 'exception'
                    ELSE 'processed' END,
               n %% 64, 1, 1, 0, 0, at, at
          FROM (SELECT n, now() AT TIME ZONE 'UTC'
                          - (%(count)s - n) * interval '100 days' / %(count)s AS at
                  FROM generate_series(1, %(count)s) n) drawn
        """,
        {"channel": channel.id, "company": channel.company_id.id, "count": count},
    )
    env.cr.commit()
    env.cr.execute("ANALYZE med_his_message")
    env.cr.commit()


def _first_page(env):
    env.invalidate_all()
    Message = env["med.his.message"]
    named = {"fields": {"display_name": {}}}
    asked = {
        name: named if Message._fields[name].type == "many2one" else {} for name in LIST
    }
    began = time.perf_counter()
    page = Message.web_search_read([], asked, limit=80, count_limit=10_001)
    seconds = time.perf_counter() - began
    if len(page["records"]) != 80:
        raise AssertionError("the page is not full")
    return seconds
