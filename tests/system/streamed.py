"""Settings of a hub that has an address more, which takes bodies as they come and sends answers as a stream.

`POST /streams/{tenantId}?name=` appends a body to the file of that name below `taken` in HUB_DATA; `GET` answers with
pieces. Both say in `log` there when an answer is closed.
"""

from tests.system.calm import *  # noqa: F403
from tests.system.calm import BODY_STREAMS

MOST = 60 * 1024 * 1024
ROOT_URLCONF = "tests.system.streams"
BODY_STREAMS = ((r"/streams/[^/]+", MOST), *BODY_STREAMS)
