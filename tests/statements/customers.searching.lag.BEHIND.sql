\set tenants '{00000000-0000-4000-8000-000000000001}'

SELECT coalesce(bool_or(p.number IS NULL OR p.filled_to IS NOT NULL OR f.expired > p.number), false) AS is_filling,
       min(c.created_at) AS since
  FROM tenants_feed f
  LEFT JOIN customers_searchposition p ON p.tenant_id = f.tenant_id
  LEFT JOIN LATERAL (
       SELECT n.tenant_id, n.created_at
         FROM tenants_changeset n
        WHERE n.tenant_id = f.tenant_id AND n.tenant_id = ANY (:'tenants'::uuid[])
          AND n.entity = 'customers' AND n.number > p.number AND (n.entity, n.number) > ('customers', p.number)
        ORDER BY n.number
        LIMIT 1) c ON c.tenant_id = f.tenant_id
 WHERE f.tenant_id = ANY (:'tenants'::uuid[]) AND f.number > 0
   AND (p.number IS NULL OR p.number < f.number OR p.filled_to IS NOT NULL)
;
