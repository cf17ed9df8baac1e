\set import_id '1'
\set now '2026-01-31T12:00:00Z'
\set rejects '[{"line": 3, "sent": "{}", "faults": [], "is_withdrawal": false, "names": ["C-1"]}]'
\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO tenants_rejectedrow (tenant_id, import_id, line, sent, faults, is_withdrawal, names, created_at)
SELECT :'tenant_id', :'import_id', s.line, s.sent, s.faults, s.is_withdrawal, s.names, :'now'
  FROM json_to_recordset(:'rejects'::json) AS s(
       line bigint, sent text, faults jsonb, is_withdrawal boolean, names text[])
RETURNING id
;
