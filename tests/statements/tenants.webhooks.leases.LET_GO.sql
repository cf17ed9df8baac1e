\set id '1'
\set worker '00000000-0000-4000-8000-000000000001'

UPDATE tenants_webhook
   SET held_by = NULL, held_until = now()
 WHERE id = :'id' AND held_by = :'worker'
;
