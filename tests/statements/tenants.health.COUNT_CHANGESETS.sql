\set tenant_id '00000000-0000-4000-8000-000000000001'
\set time_zone 'UTC'

INSERT INTO tenants_dailycount AS d (tenant_id, day, entity, changesets, received, last_number, last_at)
SELECT c.tenant_id, (c.created_at AT TIME ZONE :'time_zone')::date, c.entity,
       count(*) FILTER (WHERE c.source <> 'admin'),
       coalesce(sum(c.received) FILTER (WHERE c.source <> 'admin' AND c.operation = 'upsert'), 0),
       max(c.number),
       max(c.created_at) FILTER (WHERE c.source <> 'admin')
  FROM (SELECT *
          FROM tenants_changeset
         WHERE tenant_id = :'tenant_id'
           AND number > (SELECT coalesce(max(last_number), 0)
                           FROM tenants_dailycount
                          WHERE tenant_id = :'tenant_id')
         ORDER BY number
         LIMIT 10000) c
 GROUP BY 1, 2, 3
    ON CONFLICT (tenant_id, day, entity) DO UPDATE
   SET changesets = d.changesets + excluded.changesets,
       received = d.received + excluded.received,
       last_number = excluded.last_number,
       last_at = greatest(d.last_at, excluded.last_at)
RETURNING day, entity
;
