from odoo.tests import BaseCase, tagged

from ..core.back_flush import BackFlush, back_flush, split_surplus


@tagged("post_install", "-at_install")
class TestCoreBackFlush(BaseCase):
    def test_opening_and_received_less_counted_is_used(self):
        self.assertEqual(back_flush(20, 50, 0, 12), BackFlush(used=58))

    def test_what_the_ledger_has_already_is_not_used_again(self):
        self.assertEqual(back_flush(20, 50, 58, 12), BackFlush())

    def test_more_than_should_be_there_is_a_surplus(self):
        self.assertEqual(back_flush(20, 0, 0, 23), BackFlush(surplus=3))
        self.assertEqual(split_surplus(5, used_before=3), (3, 2))
        self.assertEqual(split_surplus(5, used_before=-1), (0, 5))
