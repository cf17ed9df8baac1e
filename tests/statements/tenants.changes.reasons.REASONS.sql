\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH RECURSIVE of_changesets(reason) AS (
    (SELECT reason
       FROM tenants_changeset
      WHERE tenant_id = :'tenant_id' AND reason <> ''
      ORDER BY reason
      LIMIT 1)
     UNION ALL
    SELECT (SELECT n.reason
              FROM tenants_changeset n
             WHERE n.tenant_id = :'tenant_id' AND n.reason <> '' AND n.reason > o.reason
             ORDER BY n.reason
             LIMIT 1)
      FROM of_changesets o
     WHERE o.reason IS NOT NULL
), of_ledger(reason) AS (
    (SELECT reason
       FROM tenants_consentchange
      WHERE tenant_id = :'tenant_id' AND reason <> ''
      ORDER BY reason
      LIMIT 1)
     UNION ALL
    SELECT (SELECT n.reason
              FROM tenants_consentchange n
             WHERE n.tenant_id = :'tenant_id' AND n.reason <> '' AND n.reason > o.reason
             ORDER BY n.reason
             LIMIT 1)
      FROM of_ledger o
     WHERE o.reason IS NOT NULL
), of_certificates(reference) AS (
    (SELECT reference
       FROM tenants_erasurecertificate
      WHERE tenant_id = :'tenant_id' AND reference <> ''
      ORDER BY reference
      LIMIT 1)
     UNION ALL
    SELECT (SELECT n.reference
              FROM tenants_erasurecertificate n
             WHERE n.tenant_id = :'tenant_id' AND n.reference <> '' AND n.reference > o.reference
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
;
