\set holder 'host 1'
\set import_id '1'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_import
   SET beat_at = clock_timestamp()
 WHERE tenant_id = :'tenant_id' AND id = :'import_id' AND held_by = :'holder' AND state = 'running'
RETURNING position, is_cancelled
;
