"""A hub of a test's own: `manage.py serve` as a child, on a free port, with its own data, called over real sockets."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from hub.environment import Environment
from hub.postgres.server import EmbeddedServer
from tests.system.inside import inside, printed
from tests.system.processes import as_in_a_terminal, commands, connections_of, free_port, inhabitants, kill
from tests.waiting import PATIENCE, wait_for, wait_until

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"SECRET_KEY": "the secret key of a hub in tests", "ERASURE_KEY": "the erasure key of a hub in tests"}
SETTINGS = {name for name in Environment.model_fields if name.isupper()}
# Limits of time are out of the way where a test does not name them: what is slow here is the machine.
CALM = {"DJANGO_SETTINGS_MODULE": "tests.system.calm", "BODY_SECONDS": "600", "STATEMENT_SECONDS": "600"}
PLAIN = {"DJANGO_SETTINGS_MODULE": "hub.settings"}


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Shop:
    """A tenant of a running hub, and its key."""

    hub: "Hub"
    id: str
    key: str

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """Send a request; `path` may say {tenant}, `body` is JSON or raw bytes."""
        headers = {"x-replenit-auth-key": self.key, **options.pop("headers", {})}
        return self.hub.send(method, path.replace("{tenant}", self.id), body, headers=headers, **options)

    def post(self, entity: str, body: Any, **options: Any) -> Answer:
        return self.send("POST", f"/{entity}/{{tenant}}", body, **options)

    def read(self, entity: str, connection: http.client.HTTPConnection | None = None) -> list[dict[str, Any]]:
        """Read all records back, page by page."""
        found: list[dict[str, Any]] = []
        path = f"/{entity}/{{tenant}}?limit=1000"
        while path:
            answer = self.send("GET", path, connection=connection)
            assert answer.status == 200, answer.body
            found += answer.json()["data"]["results"]
            path = (answer.json()["data"]["next"] or "").removeprefix(self.hub.address)
        return found

    def change_numbers(self) -> list[int]:
        """Read the numbers of the change feed, from its beginning to its end."""
        numbers: list[int] = []
        after = 0
        while page := self.send("GET", f"/changes/{{tenant}}?after={after}").json()["data"]["results"]:
            numbers += [changeset["Number"] for changeset in page]
            after = numbers[-1]
        return numbers


@dataclass
class Hub:
    """A hub that runs, or one that is to be started."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        own = {"HUB_DATA": str(self.data), "PORT": str(self.port), "WORKERS": "2"}
        return {**kept, **CALM, **own, **self.settings}

    @property
    def database(self) -> EmbeddedServer:
        return EmbeddedServer(self.data)

    @property
    def url(self) -> str:
        """The database's."""
        return self.settings.get("DATABASE_URL") or self.database.url()

    def serve(self, *arguments: str) -> None:
        """Start `manage.py serve` and return at once. It leads a process group, as it does in a terminal."""
        assert self.has_ended()
        with self.output.open("wb") as output, self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                process_group=0,
                preexec_fn=as_in_a_terminal(),
            )

    def start(self, *arguments: str) -> str:
        """Start the hub, wait until it serves, and return what it printed."""
        self.serve(*arguments)
        return self.started()

    def started(self) -> str:
        """Wait until a hub that was told to serve does, and return what it printed."""
        assert wait_until(lambda: "Ctrl-C" in self.output.read_text() or self.has_ended(), 5 * PATIENCE)
        assert not self.has_ended(), self.errors.read_text()
        return self.output.read_text()

    @property
    def output(self) -> Path:
        return self.data.with_name(f"{self.data.name}.out")

    @property
    def errors(self) -> Path:
        return self.data.with_name(f"{self.data.name}.err")

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def wait(self) -> int:
        """Wait for the supervisor to end, and return its exit code; what it said where it does not end in time."""
        assert self.process
        assert wait_until(self.has_ended), self.output.read_text() + self.errors.read_text()
        return self.process.wait()

    def stop(self) -> None:
        """Stop the hub with SIGTERM where it still runs; it must end well and leave nothing. Kills what does not."""
        try:
            if self.process and not self.has_ended():
                self.process.terminate()
                assert self.wait() == 0
            assert self.remnants() == []
        finally:
            kill(*self.everything())
            if self.process:
                self.process.wait(PATIENCE)

    def manage(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run another command of manage.py beside the hub."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def inside(self, **settings: object) -> contextlib.AbstractContextManager[None]:
        """Have this process's Django be the hub's until the end of the block: its database, its keys."""
        keys = {key: self.settings.get(key) or (self.data / key.lower()).read_text() for key in KEYS}
        return inside(self.url, **keys, **settings)

    def tell(self, *command: str, **settings: object) -> str:
        """Run a command of the hub's that must end well in this process, and return what it printed."""
        with self.inside(**settings):
            return printed(*command)

    def shop(self, name: str = "Shop", *arguments: str) -> Shop:
        """Create a tenant as the command line does; without limits in the way unless they are named."""
        free = () if "--per-minute" in arguments else ("--per-minute", "1000000", "--per-hour", "1000000")
        made = json.loads(self.tell("create_tenant", name, "--json", *free, *arguments))
        return Shop(self, made["tenant_id"], made["key"])

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    @contextlib.contextmanager
    def connections(self, number: int) -> Iterator[list[http.client.HTTPConnection]]:
        """Open connections one after the other, each used once and then kept until the end of the block."""
        with contextlib.ExitStack() as opened:
            kept = [opened.enter_context(contextlib.closing(self.connect())) for _ in range(number)]
            for connection in kept:
                assert self.send("GET", "/health", connection=connection).status == 200
            yield kept

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        connection: http.client.HTTPConnection | None = None,
    ) -> Answer:
        """Send a request, on a connection of its own unless one is given to be kept."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sending = connection or self.connect()
        try:
            sending.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
            response = sending.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            if connection is None:
                sending.close()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the hub's database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def processes(self, *words: str) -> list[int]:
        """The running processes of this hub whose command line holds all the words."""
        mark = f"HUB_DATA={self.data}".encode()
        return [pid for pid, command in commands(mark) if all(word.encode() in command for word in words)]

    def web_workers(self) -> list[int]:
        """The web server's processes."""
        return self.processes("hub.serving.web")

    def all_web_workers(self) -> set[int]:
        """The web workers as soon as there are as many as the settings say: the hub serves before the last is there."""
        wanted = int(self.environment["WORKERS"])
        return set(wait_for(lambda: found if len(found := self.web_workers()) == wanted else []))

    def spread(self) -> list[int]:
        """How many connections each web worker has, the fewest first."""
        return sorted(connections_of(pid, self.port) for pid in self.web_workers())

    def all_serve(self) -> bool:
        """Say whether every web worker takes connections: patient ones get one each. Ends when they have none again."""
        workers = self.all_web_workers()
        with self.connections(len(workers)):
            spread = self.spread()
        return spread == [1] * len(workers) and wait_until(lambda: not any(self.spread()))

    def background_worker(self) -> int:
        return wait_for(lambda: self.processes("procrastinate"))[0]

    def postmaster(self) -> int:
        return int((self.data / "postgres/cluster/postmaster.pid").read_text().split()[0])

    def kill_database(self) -> None:
        """Kill the database, and wait until another process of it answers: a moment later the killed one still may."""
        killed = self.postmaster()
        os.kill(killed, signal.SIGKILL)
        assert wait_until(lambda: self.database.running() and self.postmaster() != killed)

    def everything(self) -> list[int]:
        """Every process of the hub: the supervisor and its children, and the database."""
        return self.processes() + inhabitants(self.data)

    def remnants(self) -> list[int]:
        """Wait for the last process to end, and return those that are left."""
        wait_until(lambda: not self.everything(), pause=0.25)
        return self.everything()


@contextlib.contextmanager
def folder_for_hubs() -> Iterator[Path]:
    """A folder the database's user may enter, which root's tmp_path is not."""
    folder = Path(tempfile.mkdtemp(prefix="hub-test-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
