-- Deletes what a tenant has in quarantine beyond `most` records: those decided about first, withdrawals of consent last,
-- and of each the oldest. What another write holds is left to that one. Returns their ids. They are chosen once
-- (MATERIALIZED): a plan that looked again for each row would skip those it has deleted and take others instead.
WITH chosen AS MATERIALIZED (
    SELECT o.id
      FROM tenants_quarantinedrecord o
     WHERE o.tenant_id = %(tenant_id)s
     ORDER BY o.state = 'waiting', o.is_withdrawal, o.last_at, o.id
     LIMIT greatest(0, (SELECT count(*)
                          FROM tenants_quarantinedrecord n
                         WHERE n.tenant_id = %(tenant_id)s) - %(most)s::bigint)
       FOR UPDATE SKIP LOCKED
)
DELETE FROM tenants_quarantinedrecord
 WHERE tenant_id = %(tenant_id)s
   AND id IN (SELECT id FROM chosen)
RETURNING id
