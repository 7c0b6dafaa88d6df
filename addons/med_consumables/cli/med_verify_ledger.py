"""``odoo med_verify_ledger -d DATABASE``: verify the hash chain of the ledger.

Odoo loads this file as ``odoo.cli.med_verify_ledger`` and takes any ImportError here
for an unknown command. So at the top there is nothing but Odoo's own command and the
standard library.
"""

import argparse
import sys
from inspect import cleandoc

from odoo.cli import Command


class MedVerifyLedger(Command):
    """Verify that no sealed line of the consumption ledger was changed.

    Prints a line per company and the hash of its last seal. Exit status 0 if every
    ledger is as it was sealed, 1 if one is not, 2 if a hash that was asked for is not
    among the seals. Options of the server (-c, --db_host ...) are understood as well.
    """

    name = "med_verify_ledger"

    def run(self, args):
        options, others = self._parse(args)
        # Importing and running belong together here: see the docstring of this file.
        from odoo import SUPERUSER_ID, api  # noqa: PLC0415
        from odoo.modules.registry import Registry  # noqa: PLC0415
        from odoo.tools import config  # noqa: PLC0415

        config.parse_config(others, setup_logging=True)
        from odoo.addons.med_consumables.command_line import (  # noqa: PLC0415
            one_database,
        )

        database = one_database(options.database, self.name)
        with Registry(database).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            sys.exit(env["med.ledger.seal"]._verify_all(print, options.hash))

    def _parse(self, args):
        parser = argparse.ArgumentParser(
            prog=self.prog,
            description=cleandoc(self.__doc__),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parser.add_argument("-d", "--database", help="the database to verify")
        parser.add_argument(
            "--hash",
            help="a hash kept elsewhere (printed on a month closing) that must be "
            "among the seals",
        )
        return parser.parse_known_args(args)
