\set data '0a'
\set import_id '1'
\set start '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO tenants_filepart (tenant_id, import_id, start, data)
VALUES (:'tenant_id', :'import_id', :'start', :'data')
RETURNING id
;
