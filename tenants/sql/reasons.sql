-- The reasons that were ever given in a tenant, each once, by walking an index from one to the next: a partner may give
-- the same one every night. In both tables, for the ledger outlives the changesets; and the references of certificates,
-- which are texts that people write, too. Run where the tenant is, so it may be recursive.
WITH RECURSIVE of_changesets(reason) AS (
    (SELECT reason
       FROM tenants_changeset
      WHERE tenant_id = %(tenant_id)s AND reason <> ''
      ORDER BY reason
      LIMIT 1)
     UNION ALL
    SELECT (SELECT n.reason
              FROM tenants_changeset n
             WHERE n.tenant_id = %(tenant_id)s AND n.reason <> '' AND n.reason > o.reason
             ORDER BY n.reason
             LIMIT 1)
      FROM of_changesets o
     WHERE o.reason IS NOT NULL
), of_ledger(reason) AS (
    (SELECT reason
       FROM tenants_consentchange
      WHERE tenant_id = %(tenant_id)s AND reason <> ''
      ORDER BY reason
      LIMIT 1)
     UNION ALL
    SELECT (SELECT n.reason
              FROM tenants_consentchange n
             WHERE n.tenant_id = %(tenant_id)s AND n.reason <> '' AND n.reason > o.reason
             ORDER BY n.reason
             LIMIT 1)
      FROM of_ledger o
     WHERE o.reason IS NOT NULL
), of_certificates(reference) AS (
    (SELECT reference
       FROM tenants_erasurecertificate
      WHERE tenant_id = %(tenant_id)s AND reference <> ''
      ORDER BY reference
      LIMIT 1)
     UNION ALL
    SELECT (SELECT n.reference
              FROM tenants_erasurecertificate n
             WHERE n.tenant_id = %(tenant_id)s AND n.reference <> '' AND n.reference > o.reference
             ORDER BY n.reference
             LIMIT 1)
      FROM of_certificates o
     WHERE o.reference IS NOT NULL
)
SELECT reason
  FROM of_changesets
 WHERE reason IS NOT NULL
 UNION
SELECT reason
  FROM of_ledger
 WHERE reason IS NOT NULL
 UNION
SELECT reference
  FROM of_certificates
 WHERE reference IS NOT NULL
