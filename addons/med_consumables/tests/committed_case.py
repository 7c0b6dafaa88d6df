from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name


class CommittedCase(BaseCase):
    """Several who work at once, each on a real cursor of its own.

    What is made here is committed, so that all see it, and taken away at the end.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    @classmethod
    @contextmanager
    def _committed(cls):
        """An environment whose work is committed at the end of the block."""
        with cls.registry.cursor() as cr:
            yield cls._env_on(cr)

    @staticmethod
    def _env_on(cr):
        return api.Environment(cr, SUPERUSER_ID, {})
