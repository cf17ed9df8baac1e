-- Of some tenants, each once with the number that a webhook of theirs has got to, those that have changesets after it, and
-- their last one's number. They are told, for their feeds are on their nodes and webhooks on the coordinator.
SELECT f.tenant_id, f.number
  FROM unnest(%(tenants)s::uuid[], %(positions)s::bigint[]) AS known (tenant_id, position)
  JOIN tenants_feed f ON f.tenant_id = known.tenant_id
 WHERE f.tenant_id = ANY (%(tenants)s::uuid[]) AND f.number > known.position
