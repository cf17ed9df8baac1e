-- The customers that a tenant's changesets after a number created or changed, of so many of these as hold about `most`
-- together, but of one at least; and the number up to which that is all. What is deleted took its words along, and a
-- re-keying changes no word. Changeset and number are of one snapshot: what is not seen here has a greater number.
-- Their sizes are told by counts, for ids stand out of line: only what is taken is read.
WITH next AS MATERIALIZED (
    SELECT number, operation, created_ids, updated_ids, row_number() OVER (ORDER BY number) AS place,
           sum(received - unchanged) OVER (ORDER BY number) AS together
      FROM (SELECT number, operation, received, unchanged, created_ids, updated_ids
              FROM tenants_changeset
             WHERE tenant_id = %(tenant_id)s AND entity = 'customers' AND number > %(number)s
               AND (entity, number) > ('customers', %(number)s)
             ORDER BY number
             LIMIT 200) c
), taken AS (
    SELECT number, CASE WHEN operation = 'rekey' THEN '{}' ELSE created_ids || updated_ids END AS ids
      FROM next
     WHERE place = 1 OR together <= %(most)s
)
SELECT coalesce((SELECT array_agg(DISTINCT id) FROM taken CROSS JOIN LATERAL unnest(ids) AS id), '{}')::bigint[] AS ids,
       CASE WHEN (SELECT count(*) FROM taken) < (SELECT count(*) FROM next) OR (SELECT count(*) FROM next) = 200
            THEN (SELECT max(number) FROM taken)
            ELSE number
       END AS number
  FROM tenants_feed
 WHERE tenant_id = %(tenant_id)s
