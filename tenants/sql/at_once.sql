-- The beginning of a statement that locks, stores and records at once: for records whose unique key alone decides.
-- Where somebody is remembered who must not come back, `gate` is closed and nothing is stored.
gate AS MATERIALIZED (
    {lock} AS closed
), stored(id, is_new, before, after, supplied, against_staff) AS (
{upsert}
)
