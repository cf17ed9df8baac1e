\set of_name 'name 0123%'

DELETE FROM tenants_failurecounter
 WHERE bucket IN (SELECT bucket FROM tenants_failurecounter WHERE bucket LIKE :'of_name' ORDER BY bucket FOR UPDATE)
;
