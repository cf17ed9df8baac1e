-- Stores the searched words of customers that are locked, by hub id; those that are as they were are not written.
INSERT INTO customers_searchedwords AS w (id, tenant_id, words)
SELECT s.id, %(tenant_id)s::uuid, s.words
  FROM json_to_recordset(%(words)s::json) AS s(id bigint, words text)
 ORDER BY s.id
    ON CONFLICT (id, tenant_id) DO UPDATE
   SET words = excluded.words
 WHERE w.words <> excluded.words
RETURNING id
