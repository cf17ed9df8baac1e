"""The hub answers what the OpenAPI document says: schemathesis sends what it allows, and what it does not."""

from typing import Any
from uuid import UUID

import orjson
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from schemathesis.config import (
    ChecksConfig,
    CoveragePhaseConfig,
    GenerationConfig,
    PhasesConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.specs.openapi.checks import negative_data_rejection

from hub.api.openapi.document import document
from tenants.api.uploads import XLSX
from tenants.imports import jobs, store
from tenants.models import Entity, FileFormat, Import
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.files.sending import FILE, ORIGIN
from tests.orders.records import order
from tests.products.records import product

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

TENANT, SLUG, IMPORT = UUID("3fa85f64-5717-4562-b3fc-2c963f66afa6"), "schemathesis", 17
EXAMPLES = 5


def as_tested() -> dict[str, Any]:
    """Return the document, narrower: of the one tenant there is, and answers have no members but those it names."""
    found: dict[str, Any] = orjson.loads(document()[0])
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    for path, operations in found["paths"].items():
        for operation in operations.values():
            for parameter in operation["parameters"]:
                named = {"tenantId": str(TENANT), "programId": SLUG}
                known = (named | {"id": str(IMPORT)} if path.startswith("/imports/") else named).get(parameter["name"])
                if known:
                    parameter["schema"] = {"type": "string", "enum": [known]}
    return found


@schemathesis.serializer("application/x-ndjson", "text/csv", XLSX, "application/octet-stream")
def as_a_file(context: Any, value: Any) -> bytes:
    """Send a file as it is, whatever it is."""
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


# Every check of schemathesis but two; the others say what statuses, bodies, headers and refusals the document promises.
# - positive_data_acceptance: a text may be what its schema allows and be no e-mail address, no date that there was, not
#   one line; JSON Schema cannot say more. That what is right is stored, test_openapi.py and tests/documents show.
# - negative_data_rejection, in Custobar's dialect alone: what cannot be used is left out there, not refused.
CHECKS = ChecksConfig(positive_data_acceptance=PositiveDataAcceptanceConfig(enabled=False))
CONFIG = SchemathesisConfig(
    seed=1,
    projects=ProjectsConfig(
        default=ProjectConfig(
            generation=GenerationConfig(
                max_examples=EXAMPLES, deterministic=True, no_shrink=True, with_security_parameters=False
            ),
            checks=CHECKS,
            # Every bound's edges took minutes an operation; test_refuse_*.py and test_parameters.py send them.
            phases=PhasesConfig(coverage=CoveragePhaseConfig(enabled=False)),
        )
    ),
)
SCHEMA = schemathesis.openapi.from_dict(as_tested(), config=CONFIG)
SCHEMA.app = get_wsgi_application()


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    """A tenant with a record of each kind."""
    found = make_tenant(id=TENANT, slug=SLUG)
    found.save("customers", customer())
    found.save("orders", order())
    found.save("products", product())
    job = jobs.create(found.tenant, ORIGIN, entity=Entity.CUSTOMERS, format=FileFormat.NDJSON)
    Import.objects.filter(pk=job.pk).update(id=IMPORT)
    store.append(Import.objects.get(pk=IMPORT), 0, FILE)
    return found


def headers_of(shop: Partner, path: str) -> dict[str, str]:
    """Return how a key is sent to an endpoint, and that the answer is to come as it is."""
    return {"Accept-Encoding": "identity", **key_of(shop, path)}


def key_of(shop: Partner, path: str) -> dict[str, str]:
    if path.startswith("/api/"):
        return {"Authorization": f"Token {shop.key}"}
    return {"api-key": shop.key} if path.startswith("/v1/") else {"x-replenit-auth-key": shop.key}


@SCHEMA.parametrize()
def test_the_hub_answers_what_its_document_says(case: schemathesis.Case[Any], shop: Partner) -> None:
    left_out: Any = [negative_data_rejection] if case.path.startswith("/api/") else []

    case.call_and_validate(headers=headers_of(shop, case.path), excluded_checks=left_out)
