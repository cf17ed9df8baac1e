-- Keeps records that a write left out. One that was kept before, with the same faults, was sent again: it waits again,
-- unless it was dismissed and withdraws no consent. In the order of the digests, so that two writes wait for each other
-- and never in a ring. Returns their ids.
INSERT INTO tenants_quarantinedrecord AS q (
       tenant_id, entity, source, digest, record, is_whole, is_withdrawal, identifiers, names, faults, codes, index,
       times, actor, api_key_id, trace_id, changeset_number, state, decided_by, reason, created_at, last_at)
SELECT %(tenant_id)s, %(entity)s, %(source)s, s.digest, s.record, s.is_whole, s.is_withdrawal, s.identifiers, s.names,
       s.faults, s.codes, s.index, s.times, %(actor)s, %(api_key_id)s, %(trace_id)s, %(number)s, 'waiting', '', '',
       %(now)s, %(now)s
  FROM json_to_recordset(%(rejected)s::json) AS s(
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
