"""The page on data protection has every table in which something of persons may stand, and the periods of the code."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps

from hub.environment import Environment
from tenants import invitations, tasks
from tenants.changes import images, once, remains
from tenants.exports import ends as exports
from tenants.exports import jobs as export_jobs
from tenants.imports import ends as imports
from tenants.imports import store
from tenants.quarantine import ends as quarantine
from tenants.requests import purge as requests
from tenants.requests import strangers
from tenants.webhooks import purge as deliveries

PAGE = (Path(__file__).parents[2] / "docs/operating.md").read_text().partition("\n## Data protection\n")[2]
ROWS = {line.split("|")[1].strip(): line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line}
ROWS.pop("What")

# The beginning of a row: the tables it is about.
TABLES = {
    "customer:": ["customers.Customer"],
    "words to search by": ["customers.SearchedWords", "customers.Duplicate"],
    "notes of staff": ["customers.CustomerNote"],
    "consent ledger": ["tenants.ConsentChange"],
    "orders and their lines": ["orders.Order", "orders.OrderItem"],
    "changesets:": ["tenants.Changeset"],
    "before-images": ["tenants.BeforeImage"],
    "quarantine": ["tenants.QuarantinedRecord"],
    "uploaded files": ["tenants.FilePart"],
    "rejected rows": ["tenants.RejectedRow"],
    "jobs of files": ["tenants.Import"],
    "exported lists": ["tenants.ExportPart"],
    "jobs of exports": ["tenants.Export"],
    "answers kept for": ["tenants.KeptAnswer"],
    "erased persons": ["tenants.Forgotten"],
    "certificates of erasures": ["tenants.ErasureCertificate"],
    "request log": ["tenants.LoggedRequest", "tenants.RefusedRequest"],
    "strangers": ["tenants.StrangerCount", "tenants.StrangerRequest"],
    "rate limits": ["tenants.RateCounter"],
    "last address": ["tenants.ApiKey"],
    "audit": ["tenants.AccountEvent", "tenants.AuditEvent", "tenants.Look"],
    "accounts": ["auth.User", "account.EmailAddress", "mfa.Authenticator", "socialaccount.SocialAccount"],
    "memberships": ["tenants.Membership"],
    "saved views": ["tenants.SavedView"],
    "sessions": ["sessions.Session", "usersessions.UserSession"],
    "wrong log-ins": ["tenants.FailureCounter"],
    "invitations": ["tenants.Invitation"],
    "deliveries": ["tenants.Delivery"],
    "jobs of the queue": ["procrastinate.ProcrastinateJob", "procrastinate.ProcrastinateEvent"],
    "counts of requests": ["tenants.RequestCount", "tenants.PageCount"],
    "health of the data": ["tenants.HealthSnapshot", "tenants.DailyCount"],
}
# What is about no person: goods, the tenant's own configuration, the hub's bookkeeping; or is never written.
IMPERSONAL = {
    "products.Product",
    "products.Variant",
    "tenants.Tenant",
    "tenants.Webhook",
    "tenants.ImportMapping",
    "tenants.Feed",
    "tenants.ErasureKey",
    "customers.SearchPosition",
    "procrastinate.ProcrastinatePeriodicDefer",
    "procrastinate.ProcrastinateWorker",
    "contenttypes.ContentType",
    "auth.Group",
    "auth.Permission",
    "admin.LogEntry",  # hub.admin.site writes none
    "account.EmailConfirmation",
    "socialaccount.SocialApp",
    "socialaccount.SocialToken",
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEPT = [
    ("changesets:", f"`CHANGESET_DAYS` ({Environment.model_fields['CHANGESET_DAYS'].default})"),
    ("jobs of files", f"`AUDIT_DAYS` ({Environment.model_fields['AUDIT_DAYS'].default})"),
    ("audit", f"`AUDIT_DAYS` ({Environment.model_fields['AUDIT_DAYS'].default})"),
    ("before-images", f"{images.KEPT_FOR // DAY} days, of merges {images.MERGES_KEPT_FOR // DAY}"),
    ("quarantine", f"{quarantine.KEPT_FOR // DAY} days"),
    ("uploaded files", f"nobody goes on with, {store.STAYS // HOUR} hours"),
    ("rejected rows", f"{imports.KEPT_FOR // DAY} days"),
    ("exported lists", f"{export_jobs.KEPT // HOUR} hours"),
    ("jobs of exports", f"{exports.LISTED_FOR // DAY} days"),
    ("answers kept for", f"{once.KEPT_FOR // HOUR} hours"),
    ("request log", f"{requests.KEPT // DAY} days"),
    ("strangers", f"counts {requests.KEPT // DAY} days; the last {strangers.MOST_KEPT:,} calls"),
    ("counts of requests", f"{requests.KEPT // DAY} days; {requests.KEPT_PAGES // DAY}"),
    ("invitations", f"{invitations.KEPT_FOR // DAY} days"),
    ("deliveries", f"{deliveries.KEPT // DAY} days"),
    ("jobs of the queue", f"{tasks.KEPT_HOURS // 24} day; failed ones {tasks.KEPT_HOURS_FAILED // 24}"),
]


def row(beginning: str) -> str:
    (found,) = [line for first, line in ROWS.items() if first.startswith(beginning)]
    return found


def test_every_row_is_about_tables_that_are_there() -> None:
    assert sorted(first for first in ROWS if not any(map(first.startswith, TABLES))) == []
    assert [beginning for beginning in TABLES if not any(first.startswith(beginning) for first in ROWS)] == []


def test_every_table_has_its_row_or_holds_nothing_of_persons() -> None:
    """A new table belongs into a row of the page, or into IMPERSONAL with a thought."""
    named = {label for labels in TABLES.values() for label in labels}

    there = {model._meta.label for model in apps.get_models()}

    assert named & IMPERSONAL == set()
    assert there ^ (named | IMPERSONAL) == set()


def test_whatever_erasures_take_something_from_has_its_row() -> None:
    taken = {*remains.WITH_A_CUSTOMER, *(model._meta.label for model in remains.TELLING)}

    assert taken - {label for labels in TABLES.values() for label in labels} == set()


@pytest.mark.parametrize(("beginning", "period"), KEPT, ids=[beginning for beginning, _ in KEPT])
def test_the_periods_are_those_of_the_code(beginning: str, period: str) -> None:
    kept_for = row(beginning).split("|")[3]

    assert re.search(rf"(?<!\d){re.escape(period)}(?!\d)", kept_for)
