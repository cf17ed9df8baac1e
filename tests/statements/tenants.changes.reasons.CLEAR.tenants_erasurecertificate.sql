\set reasons '["why"]'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_erasurecertificate SET reference = '' WHERE tenant_id = :'tenant_id' AND reference <> '' AND reference IN (SELECT json_array_elements_text(:'reasons'::json)) RETURNING id
;
