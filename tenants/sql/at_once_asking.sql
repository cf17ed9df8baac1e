-- The same for records that may mean more than their key says: where the answer to the question is true, `gate` is closed.
-- It is asked by a volatile function, for the statement's own snapshot may be older than the lock it waited for, and
-- beside what `locked` returns, so it can't be asked before. The records' JSON is read once: 1 ms for 500.
locked AS MATERIALIZED (
    {lock} AS suppresses
), sent AS MATERIALIZED (
    SELECT *
      FROM {recordset}
), gate AS MATERIALIZED (
    SELECT locked.suppresses OR {question} AS closed
      FROM locked
), stored(id, is_new, before, after, supplied, against_staff) AS (
{upsert}
)
