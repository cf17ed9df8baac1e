\set bytes_read '512'
\set changes '[]'
\set holder 'host 1'
\set import_id '1'
\set layout '{}'
\set more '{"read": 3, "created": 1, "updated": 0, "unchanged": 1, "rejected": 1, "folded": 0}'
\set position '0'
\set reason 'ticket 17'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set until '3'

UPDATE tenants_import AS i
   SET position = :'until',
       bytes_read = greatest(i.bytes_read, :'bytes_read'),
       read = i.read + m.read,
       created = i.created + m.created,
       updated = i.updated + m.updated,
       unchanged = i.unchanged + m.unchanged,
       rejected = i.rejected + m.rejected,
       folded = i.folded + m.folded,
       layout = :'layout'::jsonb,
       changes = i.changes || :'changes'::jsonb,
       beat_at = clock_timestamp()
  FROM json_to_record(:'more'::json) AS m(
       read bigint, created bigint, updated bigint, unchanged bigint, rejected bigint, folded bigint)
 WHERE i.tenant_id = :'tenant_id' AND i.id = :'import_id' AND i.state = 'running' AND i.held_by = :'holder'
   AND i.position = :'position'
RETURNING i.is_cancelled, i.reason = :'reason' AS is_reason
;
