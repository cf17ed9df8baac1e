-- Returns whether one of these persons, whose match_key nobody has, may mean a customer without CustomerId, by phone or
-- e-mail. For tenants that name customers by CustomerId, under their exclusive lock. Volatile, as lock_tenant is: its
-- query has a snapshot of its own, so a customer stored before the lock was granted is seen, in the statement that
-- waited for it. LATERAL … LIMIT 1 pins the index plans. The table is told, for on a shard it has another name.
CREATE OR REPLACE FUNCTION means_nameless(customers text, tenant uuid, keys text[], phones text[], emails text[]) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    meant boolean;
BEGIN
    EXECUTE format($query$
        SELECT EXISTS (
            SELECT 1
              FROM unnest($2, $3, $4) AS v(key, phone, email)
              LEFT JOIN LATERAL (
                   SELECT true AS found
                     FROM %1$I c
                    WHERE c.tenant_id = $1 AND c.match_key = v.key
                    LIMIT 1) named ON true
             CROSS JOIN LATERAL (
                   (SELECT 1
                      FROM %1$I c
                     WHERE named.found IS NULL AND c.tenant_id = $1 AND c.phone = v.phone AND c.customer_id IS NULL
                     LIMIT 1)
                   UNION ALL
                   (SELECT 1
                      FROM %1$I c
                     WHERE named.found IS NULL AND c.tenant_id = $1 AND c.email = v.email AND c.customer_id IS NULL
                     LIMIT 1)) nameless)
        $query$, customers)
       INTO meant
      USING tenant, keys, phones, emails;
    RETURN meant;
END
$$
