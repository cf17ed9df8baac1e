"""A program whose loop tells of what nobody asks for: a task's exception, and a callback's with an argument."""

import asyncio
import gc

from hub.logs import configure

EMAIL = "ada@shop.example"


async def fail_unseen() -> None:
    loop = asyncio.get_running_loop()
    loop.create_task(_fail(EMAIL), name=f"job of {EMAIL}")  # noqa: RUF006
    loop.call_soon(_refuse, EMAIL)
    await asyncio.sleep(0.01)
    gc.collect()


async def _fail(email: str) -> None:
    raise ValueError(f"Key (email)=({email}) already exists.")


def _refuse(email: str) -> None:
    raise ValueError(email)


if __name__ == "__main__":
    configure({"level": "INFO"})
    asyncio.run(fail_unseen())
