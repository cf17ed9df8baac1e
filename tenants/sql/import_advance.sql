-- Notes how far a job is, in the transaction that stores a chunk: only for who holds it, and only from where the chunk
-- begins, so of two who run it one stores nothing. Returns whether somebody asked for its end, and whether the reason that
-- the chunk's changeset has is still the job's: an erasure may have taken it.
UPDATE tenants_import AS i
   SET position = %(until)s,
       bytes_read = greatest(i.bytes_read, %(bytes_read)s),
       read = i.read + m.read,
       created = i.created + m.created,
       updated = i.updated + m.updated,
       unchanged = i.unchanged + m.unchanged,
       rejected = i.rejected + m.rejected,
       folded = i.folded + m.folded,
       layout = %(layout)s::jsonb,
       changes = i.changes || %(changes)s::jsonb,
       beat_at = clock_timestamp()
  FROM json_to_record(%(more)s::json) AS m(
       read bigint, created bigint, updated bigint, unchanged bigint, rejected bigint, folded bigint)
 WHERE i.tenant_id = %(tenant_id)s AND i.id = %(import_id)s AND i.state = 'running' AND i.held_by = %(holder)s
   AND i.position = %(position)s
RETURNING i.is_cancelled, i.reason = %(reason)s AS is_reason
