-- What came in the feeds of some tenants after a number of each: by tenant and entity, the last number. Asked by each
-- process ten times a second while anybody waits, for all of them at once. Who has nothing new costs a look at one row;
-- of the others only what is new is read.
SELECT new.tenant_id, new.entity, new.number
  FROM unnest(%(tenants)s::uuid[], %(numbers)s::bigint[]) AS seen(tenant_id, number)
  JOIN tenants_feed f ON f.tenant_id = seen.tenant_id AND f.number > seen.number
                     AND f.tenant_id = ANY (%(tenants)s::uuid[])
 CROSS JOIN LATERAL (
       SELECT c.tenant_id, c.entity, max(c.number) AS number
         FROM tenants_changeset c
        WHERE c.tenant_id = f.tenant_id AND c.number > seen.number AND c.tenant_id = ANY (%(tenants)s::uuid[])
        GROUP BY c.tenant_id, c.entity) new
