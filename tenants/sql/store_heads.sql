-- The first statement of a two-level upsert: take the tenant's shared lock and upsert the documents' own rows.
-- Returns (whether nothing was stored because forgotten persons must be looked for first, ids created, ids updated).
WITH {locked}, stored(id, is_new) AS ({upsert})
SELECT (SELECT recalls AND NOT %(recalled)s FROM locked),
       coalesce(array_agg(id) FILTER (WHERE is_new), '{{}}')::text,
       coalesce(array_agg(id) FILTER (WHERE NOT is_new), '{{}}')::text
  FROM stored
