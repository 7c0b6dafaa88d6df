"""``odoo med_vault -d DATABASE``: the key of sealed visits, and sealing them anew.

As in any command of Odoo, nothing at the top may fail to be imported.
"""

import argparse
import sys
from inspect import cleandoc

from odoo.cli import Command


class MedVault(Command):
    """Which keys the vault of visits needs, and the change to a new key.

    To rotate: put a new line on top of the key file (the old ones stay), restart the
    servers, then run this with --rotate. Run it again at any time: it goes on where it
    stopped. The last line of the file must stay for good, for it makes the tokens of
    visits.
    """

    name = "med_vault"

    def run(self, args):
        options, others = self._parse(args)
        # Imported here, where failing is seen: see the docstring of this file.
        from odoo.tools import config  # noqa: PLC0415

        config.parse_config(others, setup_logging=True)
        from odoo.addons.med_consumables import (  # noqa: PLC0415
            command_line,
            vault_command,
        )

        if options.make_key:
            sys.exit(vault_command.make_key())
        database = command_line.one_database(options.database, self.name)
        sys.exit(vault_command.run(database, rotate=options.rotate))

    def _parse(self, args):
        parser = argparse.ArgumentParser(
            prog=self.prog,
            description=cleandoc(self.__doc__),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parser.add_argument("-d", "--database", help="the hospital's database")
        parser.add_argument(
            "--rotate", action="store_true", help="seal all with the newest key"
        )
        parser.add_argument(
            "--make-key",
            action="store_true",
            help="make the key file that MED_KEY_FILE (or med_key_file) names, and end",
        )
        return parser.parse_known_args(args)
