\set first '1'
\set name '6e616d65'
\set request '72657175657374'
\set second '-2'
\set since '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT pg_try_advisory_xact_lock(:'first'::int, :'second'::int) AS is_free,
       a.request = decode(:'request', 'hex') AS is_same,
       encode(a.answer, 'base64') AS answer
  FROM (VALUES (:'tenant_id'::uuid)) AS asked(tenant_id)
  LEFT JOIN tenants_keptanswer a
         ON a.tenant_id = :'tenant_id' AND a.name = decode(:'name', 'hex') AND a.created_at > :'since'
;
