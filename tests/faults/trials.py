"""One trial: senders at work, a fault at a random moment, and the count at the end."""

import random
import time

from processes import eventually

from faults.senders import Sender, charge, cut_in_the_middle

SENDERS = 4
SETTLE_SECONDS = 300.0
FORWARD, BACK = (3600.0, 86400.0, 40 * 86400.0), (-3600.0, -20 * 3600.0)


class Drill:
    """Trials of every kind, each with ids of its own, on one place."""

    def __init__(self, place, seed=1, messages=12):
        self.place = place
        self.random = random.Random(seed)
        self.messages = messages
        self.number = 0

    def kinds(self):
        return {
            "connection cut mid-frame": self.cut,
            "8 parallel deliveries": self.parallel,
            "kill -9 of the gateway": self.kill_gateway,
            "kill -9 of the worker": self.kill_worker,
            "kill -9 of the database": self.kill_database,
            "disk full": self.disk_full,
            "two gateways": self.two_gateways,
            "clock jumps": self.clock_jumps,
        }

    def run(self, kind):
        """What came of one trial; ``lost`` and ``doubled`` must be 0."""
        self.number += 1
        began = time.monotonic()
        prefix = f"T{self.number}x{self.random.randrange(16**6):06x}-"
        extra = {}
        senders = self.kinds()[kind](prefix, extra)
        return {
            "drill": kind,
            "trial": self.number,
            **self._count(prefix, senders),
            **extra,
            "seconds": round(time.monotonic() - began, 1),
        }

    # The kinds

    def cut(self, prefix, extra):
        def harm():
            for number in range(6):
                cut_in_the_middle(self._port(), charge(f"{prefix}cut{number}", number))
                self._moment(0.05)

        return self._under_load(prefix, harm)

    def parallel(self, prefix, extra):
        """Eight connections bring the very same messages at the same time."""
        messages = self._messages(prefix, "p", 3)
        return self._run([Sender(self.place.ports, messages) for _ in range(8)])

    def kill_gateway(self, prefix, extra):
        def harm():
            self._moment()
            self.place.kill_gateway()
            self.place.start_gateway("one")

        return self._under_load(prefix, harm)

    def kill_worker(self, prefix, extra):
        def harm():
            self._moment(1.0)
            self.place.kill_worker()
            self.place.start_worker()

        return self._under_load(prefix, harm)

    def kill_database(self, prefix, extra):
        def harm():
            self._moment()
            self.place.server.kill()
            self._moment()
            self.place.server.start()
            # Odoo's threaded server lives on without its job threads when the database
            # refuses them: whoever supervises it starts it anew. The gateway must
            # recover by itself.
            self.place.kill_worker()
            self.place.start_worker()

        return self._under_load(prefix, harm)

    def disk_full(self, prefix, extra):
        window = []

        def harm():
            self._moment()
            self.place.server.rows("INSERT INTO drill_full VALUES (true)")
            # What was on its way when the disk filled up is answered by now.
            time.sleep(0.3)
            window.append(time.monotonic())
            self._moment(1.0)
            window.append(time.monotonic())
            self.place.server.rows("DELETE FROM drill_full")

        senders = self._under_load(prefix, harm)
        began, ended = window
        extra["acknowledged_while_full"] = sum(
            began < when < ended
            for sender in senders
            for when in sender.acknowledged.values()
        )
        return senders

    def two_gateways(self, prefix, extra):
        """Half of the messages come over both, at the same time."""
        self.place.start_gateway("two")
        try:
            same = self._messages(prefix, "s")
            one, two = self.place.ports()
            senders = [
                Sender(lambda: [one], same),
                Sender(lambda: [two], same),
                Sender(lambda: [one], self._messages(prefix, "a")),
                Sender(lambda: [two], self._messages(prefix, "b")),
            ]
            return self._run(senders)
        finally:
            self.place.stop_gateway("two")

    def clock_jumps(self, prefix, extra):
        def harm():
            for _jump in range(4):
                seconds = self.random.choice(FORWARD + BACK)
                self.place.clock.write_text(str(seconds))
                self._moment()

        try:
            return self._under_load(prefix, harm)
        finally:
            self.place.clock.unlink(missing_ok=True)

    # What they share

    def _under_load(self, prefix, harm):
        senders = [
            Sender(self.place.ports, self._messages(prefix, f"{number}."), self._pace)
            for number in range(SENDERS)
        ]
        return self._run(senders, harm)

    def _run(self, senders, harm=lambda: None):
        for sender in senders:
            sender.start()
        # In this thread: a process ends with the thread that started it.
        harm()
        for sender in senders:
            sender.join()
        return senders

    def _messages(self, prefix, name, count=None):
        return [
            (control_id := f"{prefix}{name}{number}", charge(control_id, number))
            for number in range(count or self.messages)
        ]

    def _pace(self):
        time.sleep(self.random.random() * 0.05)

    def _moment(self, longest=0.4):
        time.sleep(self.random.random() * longest)

    def _port(self):
        return self.random.choice(self.place.ports())

    def _count(self, prefix, senders):
        """Against the database, when all of it has been worked."""
        rows, pattern = self.place.server.rows, f"{prefix}%"
        if not self.place.worker_is_alive():
            self.place.start_worker()  # as whoever supervises it would
        called = [0.0]

        def settled():
            if time.monotonic() > called[0] + 5:
                self.place.call_jobs()
                called[0] = time.monotonic()
            [(waiting,)] = rows(
                "SELECT count(*) FROM med_his_message"
                " WHERE control_id LIKE %s AND state = 'received'",
                [pattern],
            )
            [(recorded,)] = rows(
                "SELECT count(*) FROM med_consumption"
                " WHERE external_key LIKE %s AND state = 'recorded'",
                [f"%{pattern}"],
            )
            return not waiting and not recorded

        eventually(settled, SETTLE_SECONDS, 0.2, "the end of processing")
        stored = [
            control_id
            for (control_id,) in rows(
                "SELECT control_id FROM med_his_message WHERE control_id LIKE %s",
                [pattern],
            )
        ]
        posted = rows(
            "SELECT message.control_id, sum(part.quantity) FROM med_his_message message"
            " JOIN med_consumption line ON line.his_message_id = message.id"
            " JOIN med_consumption_allocation part ON part.consumption_id = line.id"
            " WHERE message.control_id LIKE %s AND line.state = 'posted' GROUP BY 1",
            [pattern],
        )
        acknowledged = set().union(*(sender.acknowledged for sender in senders))
        done = {control_id for control_id, _quantity in posted}
        twice = sum(quantity != 1 for _control_id, quantity in posted)
        figures = {
            "accepted": len(stored),
            "acknowledged": len(acknowledged),
            "posted": len(done),
            "lost": len(acknowledged - set(stored)) + len(acknowledged - done),
            "doubled": len(stored) - len(set(stored)) + twice,
        }
        wrong = [each for sender in senders for each in sender.wrong]
        return {**figures, "wrong": wrong} if wrong else figures


def passed(figures):
    """Whether a trial went as it must."""
    return not (
        figures["lost"]
        or figures["doubled"]
        or figures.get("wrong")
        or figures.get("acknowledged_while_full")
    )
