"""A logged request as a command: what is known of it, with placeholders for what is not stored."""

from tenants.admin.connect import HEADER
from tenants.models import LoggedRequest, Source

BODY = "# The body is not stored: put yours into body.json."
QUERY = "# Not stored: the query (dryRun=true?), the headers Prefer and Idempotency-Key, any id but the tenant's."


def write_again(row: LoggedRequest, base: str) -> str:
    """Write the call for the shell: the key comes from the environment, the trace is the request's own."""
    lines = [
        f'curl -X {row.method} "{base}{_path(row)}"',
        *_key(row),
        f'-H "traceparent: 00-{row.trace_id}-{"0" * 15}1-00"',
    ]
    said = [QUERY]
    if row.method == "POST":
        lines += ['-H "Content-Type: application/json"', "--data-binary @body.json"]
        said.insert(0, BODY)
    return "\n".join([*said, " \\\n  ".join(lines)])


def _path(row: LoggedRequest) -> str:
    tenant = str(row.tenant_id)
    return row.route.replace("{tenantId}", tenant).replace("{programId}", tenant)


def _key(row: LoggedRequest) -> list[str]:
    if row.source == Source.CUSTOBAR:
        return ['-H "Authorization: Token $HUB_KEY"']
    return ['-H "api-key: $HUB_KEY"' if row.source == Source.JERICOMMERCE else f'-H "{HEADER}: $HUB_KEY"']
