\set holder 'host 1'
\set import_id '1'
\set message ''
\set state 'dismissed'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_import
   SET state = :'state'::text,
       message = :'message',
       held_by = '',
       beat_at = clock_timestamp(),
       ended_at = CASE WHEN :'state'::text = 'waiting' THEN NULL ELSE clock_timestamp() END
 WHERE tenant_id = :'tenant_id' AND id = :'import_id' AND held_by = :'holder' AND state = 'running'
RETURNING id
;
