\set masks '{"i:C-1": 1}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH granted AS MATERIALIZED (
    SELECT i.id, w.bits
      FROM (SELECT m.id::bigint, m.bits::int FROM json_each_text(:'masks'::json) AS m(id, bits)) AS w(record, bits)
      JOIN tenants_beforeimage i ON i.tenant_id = :'tenant_id' AND i.record = w.record
     WHERE i.entity = 'customers' AND i.grants & w.bits <> 0
     ORDER BY i.id
       FOR UPDATE OF i
)
UPDATE tenants_beforeimage i
   SET grants = i.grants & ~ g.bits
  FROM granted g
 WHERE i.tenant_id = :'tenant_id' AND i.id = g.id
RETURNING i.id
;
