\set actor 'key 0123abcd'
\set api_key_id '1'
\set entity 'customers'
\set now '2026-01-31T12:00:00Z'
\set number '0'
\set rejected '[{"digest": "ab", "record": "{}", "is_whole": true, "is_withdrawal": false, "identifiers": {}, "names": ["C-1"], "faults": [], "codes": [], "index": 3, "times": 1}]'
\set source 'api'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set trace_id '0af7651916cd43dd8448eb211c80319c'

INSERT INTO tenants_quarantinedrecord AS q (
       tenant_id, entity, source, digest, record, is_whole, is_withdrawal, identifiers, names, faults, codes, index,
       times, actor, api_key_id, trace_id, changeset_number, state, decided_by, reason, created_at, last_at)
SELECT :'tenant_id', :'entity', :'source', s.digest, s.record, s.is_whole, s.is_withdrawal, s.identifiers, s.names,
       s.faults, s.codes, s.index, s.times, :'actor', :'api_key_id', :'trace_id', :'number', 'waiting', '', '',
       :'now', :'now'
  FROM json_to_recordset(:'rejected'::json) AS s(
       digest text, record text, is_whole boolean, is_withdrawal boolean, identifiers jsonb, names text[], faults jsonb,
       codes text[], index integer, times integer)
 ORDER BY s.digest
    ON CONFLICT (tenant_id, digest) DO UPDATE
   SET times = q.times + excluded.times,
       index = excluded.index,
       actor = excluded.actor,
       api_key_id = excluded.api_key_id,
       trace_id = excluded.trace_id,
       changeset_number = excluded.changeset_number,
       state = CASE WHEN q.state = 'dismissed' AND NOT q.is_withdrawal THEN q.state ELSE 'waiting' END,
       last_at = excluded.last_at
RETURNING id
;
