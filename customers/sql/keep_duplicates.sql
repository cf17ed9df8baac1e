-- Keeps pairs of possible duplicates as they were found; what staff said of a pair stays.
INSERT INTO customers_duplicate AS d (tenant_id, first, second, reasons, is_dismissed, created_at)
SELECT %(tenant_id)s, p.first, p.second, p.reasons, false, %(now)s
  FROM json_to_recordset(%(pairs)s::json) AS p(first bigint, second bigint, reasons smallint)
 ORDER BY p.first, p.second
    ON CONFLICT (tenant_id, first, second) DO UPDATE SET reasons = excluded.reasons
RETURNING id
