"""One attempt: a message is posted, and what became of it is said in a status and a word."""

import asyncio
import re
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

import httpx

from tenants.models import Fault
from tenants.webhooks.addresses import NoAddress, NotPublic, Resolve, addresses_of, resolve
from tenants.webhooks.messages import Message, now

SECONDS = 10  # for an attempt in all: name, connection, TLS, sending, the answer's head
BODY_SECONDS = 1  # for what follows: nobody reads it, but where it is short the connection can be used again
MOST_BODY = 16 * 1024
MOST_ADDRESSES = 4  # of a host, tried one after the other
AGENT = "data-hub-webhooks"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt; no `fault`: it was delivered. `retry_after` are seconds, as the receiver asked."""

    milliseconds: int
    status: int | None = None
    fault: Fault | None = None
    retry_after: int = 0


@dataclass
class Sender:
    """Sends to one receiver, over a connection that is kept; a context manager."""

    url: str
    look_up: Resolve = resolve
    tls: ssl.SSLContext = field(default_factory=httpx.create_ssl_context)

    def __post_init__(self) -> None:
        self.client, self.is_used = self._connected_anew(), False

    def _connected_anew(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=self.tls, trust_env=False, follow_redirects=False, timeout=SECONDS, headers={"user-agent": AGENT}
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def send(self, message: Message, secrets: Sequence[str]) -> Outcome:
        """Send a message, signed by each secret, and return what became of it within SECONDS. Raises nothing."""
        began = time.monotonic()
        status, fault, retry_after = None, None, 0
        try:
            async with asyncio.timeout(SECONDS):
                response = await self._answer(message, secrets)
            status, retry_after = response.status_code, seconds_asked(response.headers.get("retry-after", ""))
            fault = fault_of(response.status_code)
            milliseconds = round((time.monotonic() - began) * 1000)
            await finish(response)
        except (TimeoutError, httpx.TimeoutException):
            fault = Fault.TIMEOUT
        except NoAddress:
            fault = Fault.NAME
        except NotPublic:
            fault = Fault.ADDRESS
        except httpx.ConnectError as error:
            fault = Fault.TLS if _is_about_tls(error) else Fault.CONNECT
        except (httpx.HTTPError, OSError):
            fault = Fault.CLOSED
        if status is None:
            milliseconds = round((time.monotonic() - began) * 1000)
        return Outcome(milliseconds, status, fault, retry_after)

    async def _answer(self, message: Message, secrets: Sequence[str]) -> httpx.Response:
        """Return the head of the answer. A kept connection may have ended meanwhile: then over another, at once."""
        if self.is_used:
            with suppress(httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                return await self._dial(message, secrets)
            await self.client.aclose()
            self.client = self._connected_anew()
        self.is_used = True
        return await self._dial(message, secrets)

    async def _dial(self, message: Message, secrets: Sequence[str]) -> httpx.Response:
        """Return the head of the answer, from the first of the host's addresses that a connection can be made to.

        The name is looked up once, here; what is dialled is the address that was checked. TLS and the Host header
        have the name.
        """
        url = httpx.URL(self.url)
        *others, last = (await addresses_of(url, self.look_up))[:MOST_ADDRESSES]
        for address in others:
            with suppress(httpx.ConnectError):
                return await self._post(url, address, message, secrets)
        return await self._post(url, last, message, secrets)

    async def _post(self, url: httpx.URL, address: str, message: Message, secrets: Sequence[str]) -> httpx.Response:
        request = self.client.build_request(
            "POST",
            url.copy_with(host=address),
            content=message.body.encode(),
            headers={"host": url.netloc.decode(), **message.headers(secrets, now())},
            extensions={"sni_hostname": url.raw_host.decode()},
        )
        return await self.client.send(request, stream=True)


async def finish(response: httpx.Response) -> None:
    """Read the rest of an answer where it is short and comes soon, and close it in any case."""
    read = 0
    try:
        with suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in response.aiter_raw():
                    read += len(chunk)
                    if read > MOST_BODY:
                        break
    finally:
        await response.aclose()


def fault_of(status: int) -> Fault | None:
    """Return what is wrong with an answer's status; None where it says that the message was taken."""
    if 200 <= status < 300:
        return None
    if status == 410:
        return Fault.GONE
    return Fault.REDIRECT if 300 <= status < 400 else Fault.STATUS


def seconds_asked(retry_after: str) -> int:
    """Return the seconds that a Retry-After header asks to wait, in either of its forms; 0 for anything else."""
    if re.fullmatch("[0-9]{1,9}", retry_after):
        return int(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0
    return max(0, round((at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()))


def _is_about_tls(error: BaseException | None) -> bool:
    """Tell whether TLS is what failed, which httpx says in the causes of its error."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None
