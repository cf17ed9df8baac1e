"""A file's job: what it stores, what it counts, how it ends and how it goes on."""

from tests.conftest import Partner
from tests.files.jobs import imported, ndjson


def customer(n: int) -> dict[str, object]:
    return {"CustomerId": f"C-{n}", "Email": f"c{n}@shop.example"}


def test_the_records_of_a_file_are_stored_and_counted(partner: Partner) -> None:
    partner.save("customers", customer(0), {**customer(1), "Name": "Ann"})

    job = imported(partner, ndjson([customer(0), {**customer(1), "Name": "Bo"}, customer(2)]))

    assert (job.state, job.read, job.created, job.updated, job.unchanged, job.rejected) == ("finished", 3, 1, 1, 1, 0)
    assert {each["CustomerId"] for each in partner.read("customers")} == {"C-0", "C-1", "C-2"}
