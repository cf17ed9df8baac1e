\set most '20'

DELETE FROM tenants_strangerrequest
 WHERE id <= (SELECT max(id) - :'most'::bigint FROM tenants_strangerrequest)
;
