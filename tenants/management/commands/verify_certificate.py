"""`manage.py verify_certificate [file]`: whether this hub signed a certificate of an erasure, by its erasure key."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.changes.certificates import Verdict, verify
from tenants.changes.fingerprint import check_erasure_key


class Command(BaseCommand):
    help = "Tell whether a certificate of an erasure, as JSON in a file or on standard input, is as this hub signed it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="the certificate's JSON; standard input without it")

    def handle(self, *, file: str | None, **_: Any) -> None:
        try:
            text = Path(file).read_bytes() if file else sys.stdin.buffer.read()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        check_erasure_key()
        verdict, shown = verify(text)
        if verdict != Verdict.VALID:
            raise CommandError(f"Not valid: {verdict}.")
        self.stdout.write(f"Valid: certificate {shown['Number']}, erased at {shown['ErasedAt']}.")
