\set tenant_id '00000000-0000-4000-8000-000000000001'
\set words '[]'

INSERT INTO customers_searchedwords AS w (id, tenant_id, words)
SELECT s.id, :'tenant_id'::uuid, s.words
  FROM json_to_recordset(:'words'::json) AS s(id bigint, words text)
 ORDER BY s.id
    ON CONFLICT (id, tenant_id) DO UPDATE
   SET words = excluded.words
 WHERE w.words <> excluded.words
RETURNING id
;
