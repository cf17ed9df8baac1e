"""What a dry run says is what the real run then does: both are asked, and compared with what is stored around them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import connection
from psycopg import sql

from tests.conftest import Partner

Json = dict[str, Any]

TIMES = ("CreatedAt", "UpdatedAt")
OWN = ("dryRun", "changes", "changeset", "processedAt", "deletedAt")  # what the two answers may differ in
# A request counts in the rate limit and uses its key, dry or not.
COUNTED = ("tenants_apikey", "tenants_ratecounter")
MOST = 50


def everything() -> dict[str, list[str]]:
    """Return every row of every table with its version, whoever owns it, but for what counts requests."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - {*COUNTED}
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            rows = sql.SQL("SELECT concat(t.ctid, ' ', t.xmin, ' ', t) FROM {} t").format(sql.Identifier(table))
            cursor.execute(rows)
            found[table] = sorted(row[0] for row in cursor.fetchall())
    return found


def differing(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, list[str]]:
    return {table: [*before[table], *rows] for table, rows in after.items() if rows != before[table]}


def dry(partner: Partner, method: str, path: str, body: Any = None) -> Any:
    """Ask for a dry run, which must leave every table as it was; return the response."""
    before = everything()
    response = partner.send(method, f"{path}{'&' if '?' in path else '?'}dryRun=true", body)
    assert differing(before, everything()) == {}
    assert "X-Changeset" not in response
    return response


def both(partner: Partner, method: str, path: str, body: Any = None) -> tuple[Any, Any]:
    """Ask for a dry run and then for the real one, and hold the first's answer to the second's; return both.

    What a dry run shows is held to what reads show before and after.
    """
    entity = path.split("/")[1]
    tried = dry(partner, method, path, body)
    was = read(partner, entity)
    done = partner.send(method, path, body)
    assert tried.status_code == done.status_code, (tried.content, done.content)
    if done.status_code != 200:
        assert without_trace(tried.json()) == without_trace(done.json())
        return tried, done
    becomes = read(partner, entity)
    said, did = tried.json()["data"], done.json()["data"]
    assert (said["dryRun"], said["changeset"], "changes" in did, "dryRun" in did) == (True, None, False, False)
    assert expected(said, did) == {name: value for name, value in did.items() if name not in OWN}
    if method == "DELETE":
        assert by_id(said["changes"]) == by_id(deleted(entity, was, becomes))[:MOST]
    elif "results" in did:
        assert said["changes"] == upserted(entity, did["results"], was, becomes)[:MOST]
    return tried, done


def without_trace(answer: Json) -> Json:
    return {name: value for name, value in answer.items() if name != "traceId"}


def expected(said: Json, did: Json) -> Json:
    """Return what a dry run says of a real one: all of it, and here the ids that what was created has got since."""
    rest = {name: value for name, value in said.items() if name not in OWN}
    if "results" not in did:
        return rest
    new = {each["HubId"] for each in did["results"] if each["status"] == "created"} - {None}
    results = []
    for tried, done in zip(said["results"], did["results"], strict=True):
        ids = [tried.get("HubId"), *tried.get("HubIds", ())]
        assert not new & set(ids)
        results.append({**tried, **{name: done[name] for name in ("HubId", "HubIds") if name in done}})
        if "HubIds" in done:
            assert tried["HubIds"] == [id_ for id_ in done["HubIds"] if id_ not in new]
        elif done["HubId"] not in new:
            assert tried["HubId"] == done["HubId"]
    return {**rest, "results": results}


def read(partner: Partner, entity: str) -> dict[int, Json]:
    return {record["HubId"]: record for record in partner.read(entity)}


def documented(record: Json) -> Json:
    """Return what clients send of a record."""
    parts = {name: [documented(part) for part in value] for name, value in record.items() if of_parts(value)}
    return {name: value for name, value in {**record, **parts}.items() if name not in ("HubId", *TIMES)}


def of_parts(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(part, dict) for part in value)


def deleted(entity: str, was: Mapping[int, Json], becomes: Mapping[int, Json]) -> list[Json]:
    return [changed(entity, 0, id_, was, becomes) for id_ in was if is_changed(id_, was, becomes)]


def upserted(entity: str, results: Sequence[Json], was: Mapping[int, Json], becomes: Mapping[int, Json]) -> list[Json]:
    """Return the changes of a batch: each stored record under the first that means it, in the order sent."""
    changes, seen = [], set()
    for result in results:
        ids = result.get("HubIds", [result["HubId"]]) if result["status"] != "skipped" else []
        fresh = [id_ for id_ in ids if id_ not in seen and is_changed(id_, was, becomes)]
        seen.update(fresh)
        changes += [changed(entity, result["index"], id_, was, becomes) for id_ in fresh]
    return changes


def is_changed(id_: int, was: Mapping[int, Json], becomes: Mapping[int, Json]) -> bool:
    """Say whether a record came, went or was written: also where a field is said for the first time that reads so."""
    return id_ not in was or id_ not in becomes or was[id_]["UpdatedAt"] != becomes[id_]["UpdatedAt"]


def changed(entity: str, index: int, id_: int, was: Mapping[int, Json], becomes: Mapping[int, Json]) -> Json:
    before, after = (documented(records[id_]) if id_ in records else None for records in (was, becomes))
    status = "created" if before is None else "deleted" if after is None else "updated"
    if before is not None and after is not None:
        names = [name for name in before if before[name] != after[name]]
        pairs = {name: (before[name], after[name]) for name in names}
        if entity == "products" and "ProductVariants" in names:
            pairs["ProductVariants"] = that_differ(*pairs["ProductVariants"])
        before, after = ({name: pair[side] for name, pair in pairs.items()} for side in (0, 1))
    hub_id = None if status == "created" else id_
    return {"index": index, "status": status, "HubId": hub_id, "before": before, "after": after}


def that_differ(was: list[Json], becomes: list[Json]) -> tuple[list[Json], list[Json]]:
    return [one for one in was if one not in becomes], [one for one in becomes if one not in was]


def by_id(changes: list[Json]) -> list[Json]:
    return sorted(changes, key=lambda change: str(change["HubId"]))
