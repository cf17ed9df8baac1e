\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_export
   SET state = CASE
                   WHEN state = 'ready' OR state IN ('waiting', 'running') AND may_name THEN 'removed'
                   WHEN state = 'running' THEN 'waiting'
                   ELSE state
               END,
       held_by = '',
       is_repeatable = is_repeatable AND NOT (may_name AND query <> ''),
       query = CASE WHEN may_name THEN '' ELSE query END
 WHERE tenant_id = :'tenant_id' AND (state IN ('waiting', 'running', 'ready') OR may_name AND query <> '')
RETURNING id
;
