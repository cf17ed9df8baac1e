"""What environment variables may hold, where that is more than a plain type: how they are read and what is refused."""

import os
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _origin(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+", value):
        raise ValueError("must look like https://hub.example")
    return value


def _contact(value: str) -> str:
    if not re.fullmatch(r"(mailto:[^\s@]+@[^\s@]+|https://[^\s/?#]+[^\s]*|tel:\+?[0-9()\-.]+)", value):
        raise ValueError("must look like mailto:security@hub.example, https://hub.example/security or tel:+358-9-1234")
    return value


def _sender(value: str) -> str:
    if not re.fullmatch(r"([^<>\r\n]+ <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)?", value):
        raise ValueError("must look like Data hub <hub@hub.example>")
    return value


def _folder(value: str) -> str:
    if value and not (os.path.isdir(value) and os.access(value, os.R_OK | os.W_OK | os.X_OK)):
        raise ValueError("must be a folder that is there and that the hub may write to")
    return value and os.path.abspath(value)


def _issuer(value: str) -> str:
    if not re.fullmatch(r"(https?://[^\s?#]+)?", value):
        raise ValueError("must look like https://login.example/realm")
    return value.rstrip("/")


def _capitals(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _addresses(value: object) -> object:
    """Take what this was when it was yes or no, too."""
    text = value.strip().lower() if isinstance(value, str) else value
    return {"true": "on", "1": "on", "false": "off", "0": "off"}.get(str(text), text)


Words = Annotated[list[str], BeforeValidator(_split)]
Origins = Annotated[list[Annotated[str, AfterValidator(_origin)]], BeforeValidator(_split)]
Contacts = Annotated[list[Annotated[str, AfterValidator(_contact)]], BeforeValidator(_split)]
Addresses = Annotated[Literal["off", "truncated", "on"], BeforeValidator(_addresses)]
Level = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_capitals)]
Folder = Annotated[str, AfterValidator(_folder)]
Sender = Annotated[str, AfterValidator(_sender)]
Issuer = Annotated[str, AfterValidator(_issuer)]
