\set actor 'key 0123abcd'
\set certificates '[{"number": "AAAA-BBBB-CCCC-DDDD", "hub_id": 1, "changeset_number": 1, "reference_hash": "", "went": {}, "digests": ["ab"], "format": 1, "key": "ab", "signature": "cd"}]'
\set legal_basis 'objection'
\set now '2026-01-31T12:00:00Z'
\set reference 'GDPR-17'
\set source 'api'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set trace_id '0af7651916cd43dd8448eb211c80319c'

INSERT INTO tenants_erasurecertificate (tenant_id, number, hub_id, changeset_number, source, actor, legal_basis,
                                        reference, reference_hash, went, digests, trace_id, format, key, signature,
                                        created_at)
SELECT :'tenant_id', c.number, c.hub_id, c.changeset_number, :'source', :'actor', :'legal_basis',
       :'reference', c.reference_hash, c.went, c.digests, :'trace_id', c.format, c.key, c.signature,
       :'now'
  FROM json_to_recordset(:'certificates'::json) AS c(number text, hub_id bigint, changeset_number bigint,
                                                      reference_hash text, went jsonb, digests text[], format smallint,
                                                      key text, signature text)
RETURNING number
;
