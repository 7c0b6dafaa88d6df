from datetime import timedelta

import numpy as np

from .common import ReplenishmentCase


class TestOneAndMany(ReplenishmentCase):
    """One rule alone has the figures that it has among all others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The category of what is used much comes first in any order of ids.
        much, little = cls.env["product.category"].create(
            [{"name": "Gloves"}, {"name": "Drains"}]
        )
        cls.gloves.categ_id = much
        gloves = [cls._product(f"Gloves {n}", categ_id=much.id) for n in range(4)]
        drains = [cls._product(f"Drain {n}", categ_id=little.id) for n in range(5)]
        for number, product in enumerate(gloves):
            cls._use_of(product, 50, 300, number)
        for number, product in enumerate(drains):
            cls._use_of(product, 0.3, 300 if number else 20, number + 10)
        cls._refresh()
        cls.rules = cls.env["stock.warehouse.orderpoint"].union(
            *(cls._orderpoint(product) for product in [*gloves, *drains])
        )
        cls.young = cls.rules.filtered(lambda rule: rule.product_id == drains[0])

    @classmethod
    def _use_of(cls, product, mean, days, seed):
        units = np.random.default_rng(seed).poisson(mean, days)
        units[-1] = max(units[-1], 1)
        cls.env["med.consumption"]._record(
            [
                cls._report(
                    int(used), cls.today - timedelta(days=ago), product_id=product.id
                )
                for ago, used in enumerate(units, 1)
                if used
            ]
        )

    def _propose(self, rules):
        proposals = self.env["med.reorder.proposal"]._propose(rules)
        return {
            p.orderpoint_id: (
                round(p.daily_mean, 4),
                p.reorder_point,
                p.order_up_to,
                round(p.coverage, 4),
            )
            for p in proposals
        }

    def test_a_rule_alone_learns_of_its_own_category(self):
        together = self._propose(self.rules)
        self.assertLess(together[self.young][0], 2)
        for rule in self.rules:
            self.assertEqual(self._propose(rule)[rule], together[rule], rule.id)

    def test_a_category_that_nothing_was_learned_of_is_like_all_together(self):
        first = self._propose(self.young)[self.young]
        self.young.product_id.categ_id = self.env["product.category"].create(
            {"name": "Opened today"}
        )
        after = self._propose(self.young)[self.young]
        self.assertGreater(after[0], first[0], "drawn to all, not to drains alone")
        self.assertLess(after[0], 50, "nor to the gloves alone")

    def test_the_sample_reaches_from_the_oldest_to_the_newest(self):
        sample = self.env["med.plan.pool"]._evenly(list(range(5999)), 3000)
        self.assertEqual((len(sample), sample[0], sample[-1]), (3000, 0, 5998))
        few = list(range(10))
        self.assertEqual(self.env["med.plan.pool"]._evenly(few, 3000), few)
