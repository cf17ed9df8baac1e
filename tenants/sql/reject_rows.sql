-- Keeps what a chunk of a file rejected, in the transaction that stores the rest. Returns their ids.
INSERT INTO tenants_rejectedrow (tenant_id, import_id, line, sent, faults, is_withdrawal, names, created_at)
SELECT %(tenant_id)s, %(import_id)s, s.line, s.sent, s.faults, s.is_withdrawal, s.names, %(now)s
  FROM json_to_recordset(%(rejects)s::json) AS s(
       line bigint, sent text, faults jsonb, is_withdrawal boolean, names text[])
RETURNING id
