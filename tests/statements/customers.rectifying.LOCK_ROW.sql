\set customer '1'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT customer_id, email, name, surname, phone, language, username, tags, mailing_lists,
       json_build_object('record', t.id, 'image', to_jsonb(t))::text AS image
  FROM customers_customer t
 WHERE tenant_id = :'tenant_id' AND id = :'customer'
   FOR UPDATE
;
