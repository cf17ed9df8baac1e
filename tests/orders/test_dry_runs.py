"""What a dry run of orders says is what the real run then does, after any sequence; of line items, all or none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MakeTenant, examples
from tests.dry_runs import both
from tests.orders.test_sequences import STEPS, Step


@pytest.mark.parametrize("fields", [{}, {"keeps_images": True}], ids=["as it is", "images kept"])
@examples(40)
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
def test_a_dry_run_says_what_the_real_run_does(
    make_tenant: MakeTenant, fields: dict[str, Any], steps: list[Step]
) -> None:
    partner, sent = make_tenant(**fields), list[Any]()
    for step in steps:
        match step:
            case ("delete", order_id):
                both(partner, "DELETE", f"/orders/{{tenant}}/{order_id}")
            case ("delete_item", order_id, product_id, sku):
                both(partner, "DELETE", f"/orders/{{tenant}}/{order_id}/items?productId={product_id}&sku={sku}")
            case _:
                sent = step[1] if step[0] == "upsert" else sent
                both(partner, "POST", "/orders/{tenant}?results=true", sent)
