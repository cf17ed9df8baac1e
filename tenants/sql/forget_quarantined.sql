-- Deletes the records in quarantine that hold something that erased persons are named by. Every name of a tenant's
-- records, which have a bound, is asked of a hash: an erasure may be of 100,000 persons. Returns their ids.
DELETE FROM tenants_quarantinedrecord
 WHERE tenant_id = %(tenant_id)s
   AND id IN (SELECT q.id
                FROM tenants_quarantinedrecord q
               CROSS JOIN LATERAL unnest(q.names) AS n(value)
               WHERE q.tenant_id = %(tenant_id)s
                 AND n.value IN (SELECT unnest(%(names)s::text[])))
RETURNING id
