-- The beginning of a statement that stores records by CustomerId: lock, question, upsert. Where a record may mean a
-- customer without CustomerId, or forgotten persons must be looked for first, `otherwise` is true and nothing is stored.
-- The question is asked by a volatile function, for the statement's own snapshot may be older than the lock it waited
-- for; it needs what `locked` returns, so it can't be asked before. The records' JSON is read once: 1 ms for 500.
{locked},
sent AS MATERIALIZED (
    SELECT *
      FROM {recordset}
), asked AS MATERIALIZED (
    SELECT locked.recalls OR means_nameless(%(tenant_id)s, customer_ids, phones, emails) AS otherwise
      FROM locked,
           (SELECT array_agg("{CustomerId}"), array_agg("{Phone}"), array_agg("{Email}")
              FROM sent) AS s(customer_ids, phones, emails)
), stored(id, is_new, before, after) AS ({upsert})
