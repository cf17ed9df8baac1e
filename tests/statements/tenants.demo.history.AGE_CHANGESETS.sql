\set days '30'
\set epoch '1769860800'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH aged AS (
    UPDATE tenants_changeset c
       SET created_at = to_timestamp(:'epoch' - 86400.0 * :'days' * (f.number - c.number) / f.number)
      FROM tenants_feed f
     WHERE f.tenant_id = c.tenant_id AND c.tenant_id = :'tenant_id'
    RETURNING c.number, c.created_at
)
UPDATE tenants_consentchange x
   SET created_at = aged.created_at
  FROM aged
 WHERE x.tenant_id = :'tenant_id' AND x.changeset_number = aged.number
RETURNING x.id
;
