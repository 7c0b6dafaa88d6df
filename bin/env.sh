# shellcheck shell=bash
# Sourced by every script in bin/: where things are, and how a script speaks.

set -euo pipefail

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\033[2m[%(%H:%M:%S)T]\033[0m %s\n' -1 "$*" >&2; }
fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

# The unprivileged user that PostgreSQL runs as when we are root.
MED_PG_USER=${MED_PG_USER:-nobody}

# All state lives in one folder. Under root the database server runs as another
# user, so the folder must be one that this user can reach.
default_home() {
    if [ "$(id -u)" = 0 ] && ! setpriv --reuid="$MED_PG_USER" --clear-groups \
        test -x "$PROJECT" 2>/dev/null; then
        echo "/var/tmp/med-hospital-$(printf %s "$PROJECT" | sha1sum | cut -c1-10)"
    else
        echo "$PROJECT/.med"
    fi
}
MED_HOME=${MED_HOME:-$(default_home)}
MED_CACHE=${MED_CACHE:-$MED_HOME/cache}
MED_HTTP_PORT=${MED_HTTP_PORT:-8069}
MED_MLLP_PORT=${MED_MLLP_PORT:-2575}

mkdir -p "$MED_HOME" "$MED_CACHE"
[ -O "$MED_HOME" ] || fail "$MED_HOME belongs to somebody else. Set MED_HOME to a folder of your own."

VENV=$MED_CACHE/venv
PYTHON=$VENV/bin/python
# A source checkout holds odoo/ and addons/; the Debian package unpacks to the same.
ODOO_UNPACKED=$MED_CACHE/odoo/usr/lib/python3/dist-packages
MED_ODOO=${ODOO_HOME:-$ODOO_UNPACKED}

export PROJECT MED_HOME MED_CACHE MED_HTTP_PORT MED_MLLP_PORT MED_PG_USER MED_ODOO
export PYTHONPATH=$MED_ODOO${PYTHONPATH:+:$PYTHONPATH}
export PYTHONDONTWRITEBYTECODE=${PYTHONDONTWRITEBYTECODE-}
