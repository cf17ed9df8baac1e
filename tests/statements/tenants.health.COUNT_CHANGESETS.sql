\set tenants '{00000000-0000-4000-8000-000000000001}'

INSERT INTO tenants_dailycount AS d (tenant_id, day, entity, changesets, received, last_number, last_at)
SELECT t.id, (c.created_at AT TIME ZONE t.time_zone)::date, c.entity,
       count(*) FILTER (WHERE c.source <> 'admin'),
       coalesce(sum(c.received) FILTER (WHERE c.source <> 'admin' AND c.operation = 'upsert'), 0),
       max(c.number),
       max(c.created_at) FILTER (WHERE c.source <> 'admin')
  FROM tenants_tenant t
 CROSS JOIN LATERAL (SELECT coalesce(max(last_number), 0) AS last
                       FROM tenants_dailycount
                      WHERE tenant_id = t.id) counted
 CROSS JOIN LATERAL (SELECT *
                       FROM tenants_changeset
                      WHERE tenant_id = t.id AND number > counted.last
                      ORDER BY number
                      LIMIT 10000) c
 WHERE t.id = ANY (:'tenants')
 GROUP BY 1, 2, 3
    ON CONFLICT (tenant_id, day, entity) DO UPDATE
   SET changesets = d.changesets + excluded.changesets,
       received = d.received + excluded.received,
       last_number = excluded.last_number,
       last_at = greatest(d.last_at, excluded.last_at)
;
