-- Returns whether one of these persons, whose match_key nobody has, may mean a customer without CustomerId, by phone or
-- e-mail. For tenants that name customers by CustomerId, under their exclusive lock. Volatile, as lock_tenant is: its
-- query has a snapshot of its own, so a customer stored before the lock was granted is seen, in the statement that
-- waited for it. LATERAL … LIMIT 1 pins the index plans.
CREATE OR REPLACE FUNCTION means_nameless(tenant uuid, keys text[], phones text[], emails text[]) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN EXISTS (
        SELECT
          FROM unnest(keys, phones, emails) AS v(key, phone, email)
          LEFT JOIN LATERAL (
               SELECT true AS found
                 FROM customers_customer c
                WHERE c.tenant_id = tenant AND c.match_key = v.key
                LIMIT 1) named ON true
         CROSS JOIN LATERAL (
               (SELECT
                  FROM customers_customer c
                 WHERE named.found IS NULL AND c.tenant_id = tenant AND c.phone = v.phone AND c.customer_id IS NULL
                 LIMIT 1)
               UNION ALL
               (SELECT
                  FROM customers_customer c
                 WHERE named.found IS NULL AND c.tenant_id = tenant AND c.email = v.email AND c.customer_id IS NULL
                 LIMIT 1)) nameless);
END
$$
