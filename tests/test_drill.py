"""The faults of `make drill`, each once or twice: nothing lost, nothing doubled."""

import os

import pytest
from faults import fuzz
from faults.place import Place
from faults.trials import Drill, passed

ROUNDS = int(os.environ.get("DRILL_ROUNDS", "1"))


@pytest.fixture(scope="module")
def drill():
    place = Place()
    try:
        place.set_up()
        yield Drill(place, seed=int(os.environ.get("SEED", "7")))
    finally:
        place.tear_down()


def check(drill, kind):
    for _round in range(ROUNDS):
        figures = drill.run(kind)
        assert figures["acknowledged"] > 0
        assert passed(figures), figures


def test_r01_a_killed_gateway_loses_nothing_that_it_acknowledged(drill):
    check(drill, "kill -9 of the gateway")


def test_r01_a_killed_database_loses_nothing_that_was_acknowledged(drill):
    check(drill, "kill -9 of the database")


def test_r01_a_killed_worker_loses_and_doubles_nothing(drill):
    check(drill, "kill -9 of the worker")


def test_r02_a_full_disk_is_not_acknowledged_and_passes(drill):
    check(drill, "disk full")


def test_r09_eight_parallel_deliveries_are_one(drill):
    check(drill, "8 parallel deliveries")


def test_r09_two_gateways_on_one_database_take_each_message_once(drill):
    check(drill, "two gateways")


def test_s03_a_connection_cut_in_the_middle_leaves_nothing_behind(drill):
    check(drill, "connection cut mid-frame")


def test_r18_a_clock_that_jumps_loses_and_doubles_nothing(drill):
    check(drill, "clock jumps")


def test_s04_a_mutated_message_is_read_or_refused_and_memory_stays_flat():
    figures = fuzz.run(5_000)
    assert figures["crashed"] == 0
    assert figures["read"] > 100
    assert figures["refused"] > 100
    assert figures["grown_mb"] < 20
