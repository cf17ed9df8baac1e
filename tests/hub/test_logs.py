"""What libraries say of themselves is logged without what they quote."""

import asyncio
import gc
from io import StringIO

from tests.conftest import lines

EMAIL = "ada@shop.example"


async def fail_unseen() -> None:
    """Leave a task behind whose exception nobody asks for, and a callback that fails with an argument."""
    loop = asyncio.get_running_loop()
    loop.create_task(_fail(EMAIL), name=f"job of {EMAIL}")  # noqa: RUF006
    loop.call_soon(_refuse, EMAIL)
    await asyncio.sleep(0.01)
    gc.collect()


async def _fail(email: str) -> None:
    raise ValueError(f"Key (email)=({email}) already exists.")


def _refuse(email: str) -> None:
    raise ValueError(email)


def test_what_fails_in_a_loop_is_told_by_its_kind_and_place(log: StringIO) -> None:
    asyncio.run(fail_unseen())

    told = {line["event"]: line["exception"] for line in lines(log)}
    assert told == {"Exception in callback _refuse": "ValueError", "Task exception was never retrieved": "ValueError"}
    assert EMAIL not in log.getvalue()
