\set id '1'
\set number '0'
\set position '0'
\set seconds '20'
\set worker '00000000-0000-4000-8000-000000000001'

UPDATE tenants_webhook
   SET position = :'number', held_until = now() + make_interval(secs => :'seconds')
 WHERE id = :'id' AND held_by = :'worker' AND position = :'position'
RETURNING id
;
