-- The beginning of a statement that locks, stores and records at once: for records whose unique key alone decides.
-- Where somebody is remembered who must not come back, `gate` is closed and nothing is stored. Where before-images hear
-- of withdrawals, these are noted: by a volatile function, for the statement's own snapshot may be older than the lock.
-- The records' JSON is read once, for both: 1 ms for 500.
locked AS MATERIALIZED (
    {lock} AS looks
), sent AS MATERIALIZED (
    SELECT *
      FROM {recordset}
), gate AS MATERIALIZED (
    SELECT {closed} AS closed
      FROM locked
), stored(id, is_new, before, after, supplied, against_staff) AS (
{upsert}
)
