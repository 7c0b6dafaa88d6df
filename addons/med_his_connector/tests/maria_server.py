import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from unittest import SkipTest

import pymysql


class MariaServer:
    """A MariaDB of our own on a loopback port and in a folder of its own, with TLS."""

    def __init__(self, certificate):
        self._binary("mariadbd")
        # Not in the tests' own folder, which the unprivileged user cannot enter.
        self.folder = Path(tempfile.mkdtemp(prefix="med-maria-", dir="/var/tmp"))
        self.port = self._free_port()
        self.user = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        data, files = self.folder / "data", ("cert.pem", "key.pem")
        for name, text in zip(files, certificate, strict=True):
            (self.folder / name).write_text(text)
        if os.getuid() == 0:
            for path in (self.folder, *(self.folder / name for name in files)):
                shutil.chown(path, self.user)
        own = ["--no-defaults", f"--datadir={data}", f"--user={self.user}"]
        subprocess.run(
            [self._binary("mariadb-install-db"), *own, "--skip-test-db"]
            + ["--auth-root-authentication-method=normal"],
            check=True,
            capture_output=True,
            cwd=self.folder,
        )
        self.process = subprocess.Popen(
            [
                self._binary("mariadbd"),
                *own,
                "--bind-address=127.0.0.1",
                f"--port={self.port}",
                f"--socket={self.folder / 'maria.sock'}",
                f"--pid-file={self.folder / 'maria.pid'}",
                f"--ssl-cert={self.folder / 'cert.pem'}",
                f"--ssl-key={self.folder / 'key.pem'}",
                "--innodb-buffer-pool-size=16M",
                "--skip-log-bin",
            ],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "maria.log").open("w"),
            cwd=self.folder,
        )

    @staticmethod
    def _binary(name):
        places = os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"))
        found = shutil.which(name, path=places)
        if not found and os.environ.get("CI"):
            raise AssertionError(f"{name} is missing: see bin/browser-needs")
        if not found:
            raise SkipTest(f"no {name} on this machine: see bin/browser-needs")
        return found

    @staticmethod
    def _free_port():
        with contextlib.closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def connect(self, **options):
        deadline = time.monotonic() + 120
        while True:
            try:
                return pymysql.connect(
                    unix_socket=str(self.folder / "maria.sock"),
                    user="root",
                    autocommit=True,
                    **options,
                )
            except pymysql.err.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)
