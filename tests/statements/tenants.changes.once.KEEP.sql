\set answer 'c2VhbGVk'
\set name '6e616d65'
\set now '2026-01-31T12:00:00Z'
\set request '72657175657374'
\set since '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO tenants_keptanswer AS a (tenant_id, name, request, answer, created_at)
VALUES (:'tenant_id', decode(:'name', 'hex'), decode(:'request', 'hex'), decode(:'answer', 'base64'), :'now')
    ON CONFLICT (tenant_id, name) DO UPDATE
   SET id = excluded.id, request = excluded.request, answer = excluded.answer, created_at = excluded.created_at
 WHERE a.created_at <= :'since'
RETURNING id
;
