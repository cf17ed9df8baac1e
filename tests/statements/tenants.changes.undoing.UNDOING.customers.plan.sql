\set entity 'customers'
\set gives 'false'
\set priority 'customerid'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set undoes '1'

WITH undone AS MATERIALIZED (
    SELECT created_ids, updated_ids, deleted_ids
      FROM tenants_changeset
     WHERE tenant_id = :'tenant_id' AND number = :'undoes'
), named AS MATERIALIZED (
    SELECT unnest(created_ids) AS id, 'created' AS kind FROM undone
     UNION ALL
    SELECT unnest(updated_ids), 'updated' FROM undone
     UNION ALL
    SELECT unnest(deleted_ids), 'deleted' FROM undone
), touched AS MATERIALIZED (
    SELECT DISTINCT x.id
      FROM tenants_changeset c
     CROSS JOIN LATERAL unnest(c.created_ids || c.updated_ids || c.deleted_ids) AS x(id)
     WHERE c.tenant_id = :'tenant_id' AND c.entity = :'entity' AND c.number > :'undoes'
       AND id_blocks(c.created_ids || c.updated_ids || c.deleted_ids)
           && (SELECT id_blocks(created_ids || updated_ids || deleted_ids) FROM undone)
)
SELECT n.id, n.kind, n.id IN (SELECT x.id FROM touched x) AS touched, i.id AS image, w.bits AS bits,
       CASE WHEN t.id IS NULL THEN 0 ELSE w.bits & coalesce(i.grants, 0) END AS gives,
       coalesce(to_jsonb(t) - ARRAY['id', 'tenant_id', 'match_key', 'given', 'previous_flags', 'overridden', 'withdrawn_by_staff', 'former_ids', 'former_emails', 'created_at', 'updated_at'] <> (to_jsonb(t) || r.target) - ARRAY['id', 'tenant_id', 'match_key', 'given', 'previous_flags', 'overridden', 'withdrawn_by_staff', 'former_ids', 'former_emails', 'created_at', 'updated_at'] - 'parts' OR (t.given # (r.target->>'given')::int) & 8064 <> 0, true) AS differs, r.target->>'match_key' AS key, k.id AS holder
  FROM named n
LEFT JOIN LATERAL (
       SELECT s.id, s.image, s.grants
         FROM tenants_beforeimage s
        WHERE s.tenant_id = :'tenant_id' AND s.entity = :'entity' AND s.record = n.id
          AND s.changeset_number = :'undoes'
       OFFSET 0) i ON true
  LEFT JOIN LATERAL (
       SELECT *
         FROM customers_customer s
        WHERE s.tenant_id = :'tenant_id' AND s.id = n.id
       OFFSET 0) t ON true
 CROSS JOIN LATERAL (SELECT CASE WHEN i.image IS NULL THEN 0 ELSE
    ((i.image->>'email_optin')::boolean <> False AND coalesce(t.email_optin = False IS NOT FALSE, false))::int * 1 +
    ((i.image->>'sms_optin')::boolean <> False AND coalesce(t.sms_optin = False IS NOT FALSE, false))::int * 2 +
    ((i.image->>'whatsapp_optin')::boolean <> False AND coalesce(t.whatsapp_optin = False IS NOT FALSE, false))::int * 4 +
    ((i.image->>'app_push_optin')::boolean <> False AND coalesce(t.app_push_optin = False IS NOT FALSE, false))::int * 8 +
    ((i.image->>'gdpr_optin')::boolean <> False AND coalesce(t.gdpr_optin = False IS NOT FALSE, false))::int * 16 +
    ((i.image->>'is_excluded')::boolean <> True AND coalesce(t.is_excluded = True, false))::int * 32 +
    EXISTS (SELECT 1 FROM jsonb_array_elements_text(i.image->'mailing_lists') AS l(name)
             WHERE t.mailing_lists @> ARRAY[l.name] IS NOT TRUE)::int * 64 +
    EXISTS (SELECT 1 FROM jsonb_each(i.image->'attributes') e
             WHERE e.value = 'true' AND t.attributes->e.key IS DISTINCT FROM 'true')::int * 128
END AS bits) w
 CROSS JOIN LATERAL (
       SELECT w.bits & ~ CASE WHEN :'gives' AND t.id IS NOT NULL THEN coalesce(i.grants, 0) ELSE 0 END AS held) h
 CROSS JOIN LATERAL (SELECT i.image || jsonb_build_object(
    'match_key', coalesce(CASE WHEN :'priority' = 'email' THEN 'e:' || (i.image->>'email') END, 'i:' || (i.image->>'customer_id'), 'e:' || (i.image->>'email'), i.image->>'match_key'),
    'former_ids', coalesce((
        SELECT to_jsonb((array_agg(u.value ORDER BY u.place)
                         || ARRAY(SELECT jsonb_array_elements_text(NULLIF(i.image->'former_ids', 'null'))))[:100])
          FROM unnest(t.customer_id || t.former_ids) WITH ORDINALITY AS u(value, place)
         WHERE u.value <> ALL (ARRAY(SELECT jsonb_array_elements_text(NULLIF(i.image->'former_ids', 'null'))))
           AND u.value IS NOT NULL AND u.value IS DISTINCT FROM i.image->>'customer_id'
        HAVING count(*) > 0), i.image->'former_ids'),
    'former_emails', coalesce((
        SELECT to_jsonb((array_agg(u.value ORDER BY u.place)
                         || ARRAY(SELECT jsonb_array_elements_text(NULLIF(i.image->'former_emails', 'null'))))[:100])
          FROM unnest(t.email || t.former_emails) WITH ORDINALITY AS u(value, place)
         WHERE u.value <> ALL (ARRAY(SELECT jsonb_array_elements_text(NULLIF(i.image->'former_emails', 'null'))))
           AND u.value IS NOT NULL AND u.value IS DISTINCT FROM i.image->>'email'
        HAVING count(*) > 0), i.image->'former_emails'),
    'email_optin', CASE WHEN h.held & 1 <> 0 THEN 'false' ELSE i.image->'email_optin' END,
    'sms_optin', CASE WHEN h.held & 2 <> 0 THEN 'false' ELSE i.image->'sms_optin' END,
    'whatsapp_optin', CASE WHEN h.held & 4 <> 0 THEN 'false' ELSE i.image->'whatsapp_optin' END,
    'app_push_optin', CASE WHEN h.held & 8 <> 0 THEN 'false' ELSE i.image->'app_push_optin' END,
    'gdpr_optin', CASE WHEN h.held & 16 <> 0 THEN 'false' ELSE i.image->'gdpr_optin' END,
    'is_excluded', CASE WHEN h.held & 32 <> 0 THEN 'true' ELSE i.image->'is_excluded' END,
    'given', (i.image->>'given')::int | (h.held & 1 <> 0)::int * coalesce(t.given & 128, 0) | (h.held & 2 <> 0)::int * coalesce(t.given & 256, 0) | (h.held & 4 <> 0)::int * coalesce(t.given & 512, 0) | (h.held & 8 <> 0)::int * coalesce(t.given & 1024, 0) | (h.held & 16 <> 0)::int * coalesce(t.given & 2048, 0) | (h.held & 32 <> 0)::int * coalesce(t.given & 4096, 0) | (h.held & 64 <> 0)::int * coalesce(t.given & 32768, 0) | (h.held & 128 <> 0)::int * coalesce(t.given & 8192, 0),
    'overridden', coalesce(t.overridden # (CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END), (i.image->>'overridden')::int # ((i.image->>'email_optin')::boolean::int * 1 + (i.image->>'sms_optin')::boolean::int * 2 + (i.image->>'whatsapp_optin')::boolean::int * 4 + (i.image->>'app_push_optin')::boolean::int * 8 + (i.image->>'gdpr_optin')::boolean::int * 16 + (i.image->>'is_excluded')::boolean::int * 32)) # ((((i.image->>'email_optin')::boolean::int * 1 + (i.image->>'sms_optin')::boolean::int * 2 + (i.image->>'whatsapp_optin')::boolean::int * 4 + (i.image->>'app_push_optin')::boolean::int * 8 + (i.image->>'gdpr_optin')::boolean::int * 16 + (i.image->>'is_excluded')::boolean::int * 32) & ~(h.held & 63)) | (h.held & 32)),
    'withdrawn_by_staff', (coalesce(t.withdrawn_by_staff, (i.image->>'withdrawn_by_staff')::int) | (coalesce(CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END, (i.image->>'email_optin')::boolean::int * 1 + (i.image->>'sms_optin')::boolean::int * 2 + (i.image->>'whatsapp_optin')::boolean::int * 4 + (i.image->>'app_push_optin')::boolean::int * 8 + (i.image->>'gdpr_optin')::boolean::int * 16 + (i.image->>'is_excluded')::boolean::int * 32) # ((((i.image->>'email_optin')::boolean::int * 1 + (i.image->>'sms_optin')::boolean::int * 2 + (i.image->>'whatsapp_optin')::boolean::int * 4 + (i.image->>'app_push_optin')::boolean::int * 8 + (i.image->>'gdpr_optin')::boolean::int * 16 + (i.image->>'is_excluded')::boolean::int * 32) & ~(h.held & 63)) | (h.held & 32)))) & ~((coalesce(CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END, (i.image->>'email_optin')::boolean::int * 1 + (i.image->>'sms_optin')::boolean::int * 2 + (i.image->>'whatsapp_optin')::boolean::int * 4 + (i.image->>'app_push_optin')::boolean::int * 8 + (i.image->>'gdpr_optin')::boolean::int * 16 + (i.image->>'is_excluded')::boolean::int * 32) # ((((i.image->>'email_optin')::boolean::int * 1 + (i.image->>'sms_optin')::boolean::int * 2 + (i.image->>'whatsapp_optin')::boolean::int * 4 + (i.image->>'app_push_optin')::boolean::int * 8 + (i.image->>'gdpr_optin')::boolean::int * 16 + (i.image->>'is_excluded')::boolean::int * 32) & ~(h.held & 63)) | (h.held & 32))) & ((((((i.image->>'email_optin')::boolean::int * 1 + (i.image->>'sms_optin')::boolean::int * 2 + (i.image->>'whatsapp_optin')::boolean::int * 4 + (i.image->>'app_push_optin')::boolean::int * 8 + (i.image->>'gdpr_optin')::boolean::int * 16 + (i.image->>'is_excluded')::boolean::int * 32) & ~(h.held & 63)) | (h.held & 32))) # 32)),
    'mailing_lists', CASE WHEN h.held & 64 = 0 THEN i.image->'mailing_lists' ELSE (
        SELECT coalesce(jsonb_agg(l.name ORDER BY l.place), '[]')
          FROM jsonb_array_elements_text(i.image->'mailing_lists') WITH ORDINALITY AS l(name, place)
         WHERE l.name = ANY (t.mailing_lists)) END,
    'attributes', CASE WHEN h.held & 128 = 0 THEN i.image->'attributes' ELSE (
        SELECT coalesce(jsonb_object_agg(a.name, a.kept) FILTER (WHERE a.kept IS NOT NULL), '{}')
          FROM (SELECT e.key AS name, CASE WHEN e.value = 'true' THEN t.attributes->e.key ELSE e.value END AS kept
                  FROM jsonb_each(i.image->'attributes') e) a) END) AS target) r
  LEFT JOIN LATERAL (
       SELECT o.id
         FROM customers_customer o
        WHERE o.tenant_id = :'tenant_id' AND o.match_key = r.target->>'match_key'
       OFFSET 0) k ON true
;
