\set now '2026-01-31T12:00:00Z'
\set pairs '[{"first": 1, "second": 2, "reasons": 1}]'
\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO customers_duplicate AS d (tenant_id, first, second, reasons, is_dismissed, created_at)
SELECT :'tenant_id', p.first, p.second, p.reasons, false, :'now'
  FROM json_to_recordset(:'pairs'::json) AS p(first bigint, second bigint, reasons smallint)
 ORDER BY p.first, p.second
    ON CONFLICT (tenant_id, first, second) DO UPDATE SET reasons = excluded.reasons
RETURNING id
;
