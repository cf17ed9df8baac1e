-- Gives every customer of a tenant the key its identifiers make by the tenant's new priority; returns whom it moved.
-- Known by neither identifier, a customer keeps the key it has (its phone number). Nothing a reader sees changes, so
-- neither does updated_at.
UPDATE customers_customer c
   SET match_key = coalesce({key})
 WHERE c.tenant_id = %(tenant_id)s
   AND c.match_key <> coalesce({key})
RETURNING c.id
