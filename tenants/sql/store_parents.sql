-- The first statement of a two-level upsert: take the tenant's shared lock and upsert the documents' own rows.
-- Returns (whether nothing was stored because forgotten persons must be looked for first, ids created, ids updated);
-- `looked` says that they have been. The lock stands in a CTE of its own: no plan can fold it away.
WITH locked AS MATERIALIZED (
    {lock} AS looks
), gate AS MATERIALIZED (
    SELECT CASE WHEN looks AND NOT %(looked)s THEN {meets_forgotten} ELSE false END AS closed
      FROM locked
), stored(id, is_new) AS (
{upsert}
)
SELECT (SELECT closed FROM gate) AS closed,
       coalesce(array_agg(id) FILTER (WHERE is_new), '{{}}')::text AS created,
       coalesce(array_agg(id) FILTER (WHERE NOT is_new), '{{}}')::text AS updated
  FROM stored
