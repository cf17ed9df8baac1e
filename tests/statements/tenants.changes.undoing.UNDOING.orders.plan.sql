\set entity 'customers'
\set gives 'false'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set undoes '1'

WITH undone AS MATERIALIZED (
    SELECT created_ids, updated_ids, deleted_ids
      FROM tenants_changeset
     WHERE tenant_id = :'tenant_id' AND number = :'undoes'
), named AS MATERIALIZED (
    SELECT unnest(created_ids) AS id, 'created' AS kind FROM undone
     UNION ALL
    SELECT unnest(updated_ids), 'updated' FROM undone
     UNION ALL
    SELECT unnest(deleted_ids), 'deleted' FROM undone
), touched AS MATERIALIZED (
    SELECT DISTINCT x.id
      FROM tenants_changeset c
     CROSS JOIN LATERAL unnest(c.created_ids || c.updated_ids || c.deleted_ids) AS x(id)
     WHERE c.tenant_id = :'tenant_id' AND c.entity = :'entity' AND c.number > :'undoes'
       AND id_blocks(c.created_ids || c.updated_ids || c.deleted_ids)
           && (SELECT id_blocks(created_ids || updated_ids || deleted_ids) FROM undone)
)
SELECT n.id, n.kind, n.id IN (SELECT x.id FROM touched x) AS touched, i.id AS image, w.bits AS bits,
       CASE WHEN t.id IS NULL THEN 0 ELSE w.bits & coalesce(i.grants, 0) END AS gives,
       coalesce(to_jsonb(t) - ARRAY['id', 'tenant_id', 'given', 'created_at', 'updated_at'] <> (to_jsonb(t) || r.target) - ARRAY['id', 'tenant_id', 'given', 'created_at', 'updated_at'] - 'parts' OR ARRAY(
           SELECT to_jsonb(p) - ARRAY['id', 'tenant_id', 'order_id']
             FROM orders_orderitem p
            WHERE p.tenant_id = :'tenant_id' AND p.order_id = t.id
            ORDER BY p.line_no) <> ARRAY(
           SELECT ('{"is_gift": false}'::jsonb || e.part) - ARRAY['id', 'tenant_id', 'order_id']
             FROM jsonb_array_elements(r.target->'parts') WITH ORDINALITY AS e(part, place)
            ORDER BY e.place), true) AS differs, r.target->>'order_id' AS key, k.id AS holder
  FROM named n
LEFT JOIN LATERAL (
       SELECT s.id, s.image, s.grants
         FROM tenants_beforeimage s
        WHERE s.tenant_id = :'tenant_id' AND s.entity = :'entity' AND s.record = n.id
          AND s.changeset_number = :'undoes'
       OFFSET 0) i ON true
  LEFT JOIN LATERAL (
       SELECT *
         FROM orders_order s
        WHERE s.tenant_id = :'tenant_id' AND s.id = n.id
       OFFSET 0) t ON true
 CROSS JOIN LATERAL (SELECT 0 AS bits) w
 CROSS JOIN LATERAL (
       SELECT w.bits & ~ CASE WHEN :'gives' AND t.id IS NOT NULL THEN coalesce(i.grants, 0) ELSE 0 END AS held) h
 CROSS JOIN LATERAL (SELECT i.image AS target) r
  LEFT JOIN LATERAL (
       SELECT o.id
         FROM orders_order o
        WHERE o.tenant_id = :'tenant_id' AND o.order_id = r.target->>'order_id'
       OFFSET 0) k ON true
;
