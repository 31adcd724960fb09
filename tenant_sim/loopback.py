"""The tenant on loopback: TLS with a CA of its own, one port per surface, or real host names on one port.

The managed identity endpoint is plain HTTP, as it is on App Service and on virtual machines.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import trustme
import uvicorn

from tenant_sim.login.managed_identity import APP_SERVICE_PATH
from tenant_sim.serving.asgi import BreakableProtocol, TenantApp
from tenant_sim.serving.urls import SURFACES, Urls

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

LOOPBACK = "127.0.0.1"


class PortTakenError(OSError):
    """Another process listens on the port."""


class Served:
    """A tenant that listens. Use as a context manager, or `start` and `stop`."""

    def __init__(
        self,
        sim: TenantSim,
        *,
        port: int | None = None,
        hosts: list[str] | None = None,
        directory: Path | str | None = None,
    ) -> None:
        self.sim, self._port = sim, port
        self.hosts = hosts or sim.hosts
        self._own_directory = directory is None
        self.directory = Path(directory or tempfile.mkdtemp(prefix="tenant-sim-")).absolute()
        self.ca_file = self.directory / "ca.pem"
        self.certificate_file = self.directory / "upa-sync.pem"
        """Private key and certificate of the client app in one PEM, as azure-identity reads it."""
        self._ports: dict[int, str] = {}
        self._servers: list[uvicorn.Server] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: BaseException | None = None
        self.urls: Urls

    # -- what a client needs -----------------------------------------------------------------------------------------

    @property
    def tenant_id(self) -> str:
        """Id of the tenant."""
        return self.sim.tenant_id

    @property
    def client_id(self) -> str:
        """App id of the client app with the certificate."""
        return self.sim.apps.client.app_id

    @property
    def identity_client_id(self) -> str:
        """App id of the managed identity."""
        return self.sim.apps.identity.app_id

    @property
    def certificate_pem(self) -> bytes:
        """The client app's certificate, public half."""
        return self.sim.apps.client.certificates[0].certificate_pem

    @property
    def private_key_pem(self) -> bytes:
        """The client app's private key."""
        return self.sim.apps.client.certificates[0].private_key_pem

    @property
    def thumbprint(self) -> str:
        """SHA-1 thumbprint of the client app's certificate."""
        return self.sim.apps.client.certificates[0].thumbprint

    @property
    def authority(self) -> str:
        """What msal calls authority."""
        return f"{self.urls.login}/{self.tenant_id}"

    @property
    def identity_endpoint(self) -> str:
        """Value for IDENTITY_ENDPOINT."""
        return self.urls.managed_identity + APP_SERVICE_PATH

    def environment(self) -> dict[str, str]:
        """Environment in which unmodified clients find the tenant and trust it."""
        return {
            "IDENTITY_ENDPOINT": self.identity_endpoint,
            "IDENTITY_HEADER": self.sim.identity_header,
            "REQUESTS_CA_BUNDLE": str(self.ca_file),
            "SSL_CERT_FILE": str(self.ca_file),
        }

    # -- start and stop ----------------------------------------------------------------------------------------------

    def __enter__(self) -> Served:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def start(self) -> Served:
        """Listen; `PortTakenError` when a port is not free."""
        tls, plain = self._bind()
        self._write_files()
        self.sim.urls = self.urls
        app = TenantApp(self.sim, self._surface_of)
        secure = _server(app)
        secure.config.ssl = self._context()
        self._servers = [secure, _server(app)]
        self._thread = threading.Thread(target=self._run, args=([tls, plain],), name="tenant-sim", daemon=True)
        self._thread.start()
        while not all(server.started for server in self._servers):
            if self._failure is not None:
                raise RuntimeError("the tenant could not be started") from self._failure
            self._thread.join(0.005)
        return self

    def stop(self) -> None:
        """Close everything and remove the files."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._hang_up)
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None
        self.sim.urls = self.sim.real_urls
        if self._own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _hang_up(self) -> None:
        """Close open connections at once; waiting for idle clients to end TLS would take a second."""
        for server in self._servers:
            for connection in list(server.server_state.connections):
                connection.transport.abort()
            server.should_exit = True

    def _run(self, sockets: list[list[socket.socket]]) -> None:
        async def both() -> None:
            self._loop = asyncio.get_running_loop()
            await asyncio.gather(*(s.serve(sockets=part) for s, part in zip(self._servers, sockets, strict=True)))

        try:
            asyncio.run(both())
        except BaseException as exc:  # noqa: BLE001 - handed to the thread that waits in start()
            self._failure = exc

    # -- addresses ---------------------------------------------------------------------------------------------------

    def _bind(self) -> tuple[list[socket.socket], list[socket.socket]]:
        """Open the sockets: [TLS], [plain]; with `port` given, consecutive ones from there."""
        opened: list[socket.socket] = []
        try:
            return self._open(opened)
        except (OSError, ValueError):
            for one in opened:
                one.close()
            if self._own_directory:
                shutil.rmtree(self.directory, ignore_errors=True)
            raise

    def _open(self, opened: list[socket.socket]) -> tuple[list[socket.socket], list[socket.socket]]:
        bases: dict[str, str] = {}
        tls = opened
        if self.hosts:
            shared = _listen(self._port or 0)
            tls.append(shared)
            number = shared.getsockname()[1]
            suffix = "" if number == 443 else f":{number}"
            for host in self.hosts:
                bases[_surface_of_host(host)] = f"https://{host}{suffix}"
            missing = [name for name in SURFACES if name != "managed_identity" and name not in bases]
            if missing:
                raise ValueError(f"--hosts names no host for: {', '.join(missing)}")
        else:
            for n, name in enumerate(n for n in SURFACES if n != "managed_identity"):
                one = _listen(self._port + n if self._port else 0)
                tls.append(one)
                number = one.getsockname()[1]
                self._ports[number] = name
                bases[name] = f"https://{LOOPBACK}:{number}"
        identity = _listen(self._port + 4 if self._port and not self.hosts else 0)
        number = identity.getsockname()[1]
        self._ports[number] = "managed_identity"
        bases["managed_identity"] = f"http://{LOOPBACK}:{number}"
        self.urls = Urls(**bases)
        return tls, [identity]

    def _surface_of(self, port: int, host: str) -> str | None:
        if port in self._ports:
            return self._ports[port]
        name = host.rsplit(":", 1)[0].lower()
        for base_name, base in self.urls.as_dict().items():
            if urlsplit(base).hostname == name:
                return base_name
        return None

    # -- trust -------------------------------------------------------------------------------------------------------

    def _write_files(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._ca = trustme.CA(organization_name="tenant-sim")
        self._ca.cert_pem.write_to_path(str(self.ca_file))
        self.certificate_file.write_bytes(self.private_key_pem + self.certificate_pem)
        self.certificate_file.chmod(0o600)

    def _context(self) -> ssl.SSLContext:
        names = [LOOPBACK, "localhost", "::1", *(self.hosts or ())]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        return context


def _server(app: TenantApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=BreakableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        loop="asyncio",
    )
    config.load()
    return uvicorn.Server(config)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except (OSError, OverflowError) as exc:
        listener.close()
        reason = getattr(exc, "strerror", None) or str(exc)
        raise PortTakenError(f"cannot listen on {LOOPBACK}:{port} ({reason}); choose another port with --port") from exc
    # asyncio does this only for sockets made with an explicit protocol; without it each answer waits 40 ms for an ACK
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)  # a page is sent in one piece
    listener.setblocking(False)
    return listener


def _surface_of_host(host: str) -> str:
    """Return the surface of a real host name, in any national cloud [GR-25]."""
    name = host.lower()
    if name.startswith("login."):
        return "login"
    if "graph" in name.split(".")[0]:
        return "graph"
    if ".sharepoint" in name:
        return "admin" if name.split(".")[0].endswith("-admin") else "sharepoint"
    raise ValueError(f"not a host of Microsoft 365: {host}; name one each for login, graph, site and admin (…-admin)")
