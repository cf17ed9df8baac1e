\set masks '{"i:C-1": 1}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH granted AS MATERIALIZED (
    SELECT i.id, w.bits
      FROM (SELECT c.id, m.bits::int
          FROM json_each_text(:'masks'::json) AS m(key, bits)
         CROSS JOIN LATERAL (
               SELECT r.id
                 FROM customers_customer r
                WHERE r.tenant_id = :'tenant_id' AND r.match_key = m.key
               OFFSET 0) c) AS w(record, bits)
     CROSS JOIN LATERAL (
           SELECT s.id, s.grants
             FROM tenants_beforeimage s
            WHERE s.tenant_id = :'tenant_id' AND s.entity = 'customers' AND s.record = w.record
            ORDER BY s.changeset_number DESC
            LIMIT 1) i
     WHERE i.grants & w.bits <> 0
), locked AS MATERIALIZED (
    SELECT s.id, g.bits
      FROM granted g
      JOIN tenants_beforeimage s ON s.tenant_id = :'tenant_id' AND s.id = g.id
     ORDER BY s.id
       FOR UPDATE OF s
)
UPDATE tenants_beforeimage i
   SET grants = i.grants & ~ g.bits
  FROM locked g
 WHERE i.tenant_id = :'tenant_id' AND i.id = g.id
RETURNING i.id
;
