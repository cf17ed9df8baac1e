\set number '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT l.before, l.after, l.channels, count(*) AS customers
  FROM tenants_changeset c
 CROSS JOIN LATERAL unnest(c.created_ids || c.updated_ids) AS x(id)
  JOIN tenants_consentchange l ON l.tenant_id = c.tenant_id AND l.customer = x.id AND l.changeset_number = c.number
 WHERE c.tenant_id = :'tenant_id' AND l.tenant_id = :'tenant_id' AND c.number = :'number'
 GROUP BY l.before, l.after, l.channels
;
