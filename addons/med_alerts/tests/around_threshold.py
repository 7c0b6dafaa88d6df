from contextlib import contextmanager

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ..core.kind import LESS


class AroundThreshold:
    """Every kind of an addon against any threshold: below it, at it, above it.

    The heir names its ``ADDON`` and has a ``_make_<kind>`` for each kind that the addon
    contributes; it brings about one subject of it and returns the rule and some of the
    subject's values, by which it is recognised. The comparison itself is in
    ``core/levels.py`` and tested there; here the whole way is walked, with what the
    database leaves out on it.
    """

    ADDON = None

    def _kinds_of_addon(self):
        prefix = "selection__med_alert_rule__kind__"
        named = self.env["ir.model.data"].search(
            [
                ("module", "=", self.ADDON),
                ("model", "=", "ir.model.fields.selection"),
                ("name", "=like", prefix.replace("_", r"\_") + "%"),
            ]
        )
        return sorted(name.removeprefix(prefix) for name in named.mapped("name"))

    def test_every_kind_below_at_and_above_any_threshold(self):
        kinds = self._kinds_of_addon()
        self.assertTrue(kinds)
        for kind in kinds:
            with self.subTest(kind), self._taken_back():
                rule, known_by = getattr(self, f"_make_{kind}")()
                self.env.flush_all()
                self._walk_around(rule, known_by)

    @contextmanager
    def _taken_back(self):
        """What one kind needs is not there for the next."""
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.rollback()
            savepoint.close()

    def _walk_around(self, rule, known_by):
        level = rule.level_ids[:1]
        (rule.level_ids - level).unlink()
        less = rule._kind_facts().worse == LESS
        level.write({"threshold": 1e6 if less else 0, "threshold_unit": "quantity"})
        measure = self._of(rule, known_by)
        self.assertIsNotNone(measure, "the subject is measured")
        at = round(measure.measured / measure.step)
        self.assertGreater(at, 0, "there is something to compare")

        @settings(max_examples=15, deadline=None)
        @given(st.integers(min_value=1 - at, max_value=10 * at))
        @example(-1)
        @example(0)
        @example(1)
        def check(steps):
            """The threshold lies so many steps above what is measured."""
            level.threshold = max(at + steps, 0) * measure.step
            self.env.flush_all()
            found = self._of(rule, known_by) is not None
            self.assertEqual(found, steps >= 0 if less else steps <= 0)

        check()

    def _of(self, rule, known_by):
        """What ``rule`` has found about the subject, or None."""
        for measure, _level in rule._find():
            if known_by.items() <= measure.values.items():
                return measure
        return None
