"""``odoo med_gateway -d DATABASE``: receive HL7 v2 messages over MLLP.

Odoo loads this file as ``odoo.cli.med_gateway`` and takes any ImportError here for an
unknown command. So at the top there is nothing but Odoo's own command and the standard
library; what may fail is imported when the command runs, where failing is seen.
"""

import argparse
import sys
from inspect import cleandoc

from odoo.cli import Command


class MedGateway(Command):
    """Receive HL7 v2 messages over MLLP.

    Serves every active MLLP channel of a database: stores each message, commits, and
    then answers. Channels that are added or changed are picked up within seconds.
    Options of the server (-c, --db_host, --log-level ...) are understood as well.
    """

    name = "med_gateway"

    def run(self, args):
        options, others = self._parse(args)
        # Importing and running belong together here: see the docstring of this file.
        from odoo.tools import config  # noqa: PLC0415

        config.parse_config(others, setup_logging=True)
        from odoo.addons.med_consumables import (  # noqa: PLC0415
            command_line,
            vault_command,
        )
        from odoo.addons.med_his_connector import gateway_account  # noqa: PLC0415
        from odoo.addons.med_his_connector.gateway import process  # noqa: PLC0415

        if options.make_key:
            sys.exit(vault_command.make_key())
        database = command_line.one_database(options.database, self.name)
        if name := options.make_account:
            sys.exit(gateway_account.make_account(database, name))
        if name := options.show_account:
            sys.exit(gateway_account.show_account(database, name))
        sys.exit(
            process.serve(
                database,
                options.channel,
                options.host,
                options.port,
                options.health_port,
            )
        )

    def _parse(self, args):
        parser = argparse.ArgumentParser(
            prog=self.prog,
            description=cleandoc(self.__doc__),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parser.add_argument("-d", "--database", help="the database to store in")
        parser.add_argument("--channel", help="serve only the channel of this code")
        parser.add_argument("--host", help="listen here instead (one channel only)")
        parser.add_argument(
            "--port", type=int, help="listen on this port instead (one channel only)"
        )
        parser.add_argument(
            "--health-port",
            type=int,
            help="answer GET /health as JSON on this port of 127.0.0.1 (0: any)",
        )
        parser.add_argument(
            "--make-key",
            action="store_true",
            help="make the key file that MED_KEY_FILE (or med_key_file) names, and end",
        )
        parser.add_argument(
            "--make-account",
            metavar="NAME",
            help="make a database account with the least rights for the gateway, "
            "or bring its rights up to date, and end; a password is taken from "
            "MED_GATEWAY_PASSWORD",
        )
        parser.add_argument(
            "--show-account",
            metavar="NAME",
            help="print the SQL of --make-account, and end",
        )
        return parser.parse_known_args(args)
