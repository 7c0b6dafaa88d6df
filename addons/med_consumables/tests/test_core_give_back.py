from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..core.give_back import Used, give_back


@tagged("post_install", "-at_install")
class TestGiveBack(BaseCase):
    def _give_back(self, wanted, *left):
        uses = [Used(number, Decimal(str(each))) for number, each in enumerate(left)]
        parts, missing = give_back(Decimal(str(wanted)), uses)
        return [(part.key, float(part.quantity)) for part in parts], missing

    def test_the_first_use_in_the_list_comes_back_first(self):
        self.assertEqual(self._give_back(3, 2, 4), ([(0, 2.0), (1, 1.0)], None))

    def test_a_use_that_came_back_already_is_passed_over(self):
        self.assertEqual(self._give_back(1, 0, 4), ([(1, 1.0)], None))

    def test_a_return_that_exceeds_all_use_takes_nothing(self):
        self.assertEqual(self._give_back(5, 2, 1.5), ([], Decimal("1.5")))
