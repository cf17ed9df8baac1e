-- What differs between a tenant's stored records and `keys`, those that a partner has, with their content `hashes` where
-- these were sent. Rows (what, place, key): `missing` and `different` name a key by its place, from 1; `extra` are the
-- stored keys from `least` to `greatest`, by code point, that were not sent: `most` of them, in that order.
-- LATERAL … OFFSET 0 pins the look-up by the unique key, as everywhere. NOT IN is a hashed subplan, which leaves the
-- index's order as it is: the scan stops after what was sent and `most` others, however many records there are.
WITH sent AS MATERIALIZED (
    SELECT s.key, s.hash, s.place
      FROM unnest(%(keys)s::text[], %(hashes)s::text[]) WITH ORDINALITY AS s(key, hash, place)
)
SELECT CASE WHEN t.is_stored THEN 'different' ELSE 'missing' END AS what, s.place, NULL AS key
  FROM sent s
  LEFT JOIN LATERAL (
       SELECT true AS is_stored, CASE WHEN s.hash IS NOT NULL THEN {hash} END AS hash
         FROM {table} t
        WHERE t.tenant_id = %(tenant_id)s AND t.{key} = s.key
       OFFSET 0) t ON true
 WHERE t.is_stored IS NULL OR t.hash <> s.hash
 UNION ALL
SELECT 'extra', NULL, e.key
  FROM (SELECT t.{key} AS key
          FROM {table} t
         WHERE t.tenant_id = %(tenant_id)s
           AND t.{key}{collation} >= %(least)s::text
           AND t.{key}{collation} <= %(greatest)s::text
           AND t.{key} NOT IN (SELECT s.key FROM sent s)
         ORDER BY t.{key}{collation}
         LIMIT %(most)s) e
