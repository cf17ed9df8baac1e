\set data '0a'
\set export_id '1'
\set start '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO tenants_exportpart (tenant_id, export_id, start, data)
VALUES (:'tenant_id', :'export_id', :'start', :'data')
RETURNING id
;
