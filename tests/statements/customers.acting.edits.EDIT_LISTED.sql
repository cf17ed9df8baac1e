\set actor 'key 0123abcd'
\set api_key_id '1'
\set distinct '2'
\set edits '[{"id": 1, "given": 128, "said": 1, "wanted": 1, "email_optin": true, "ids": [1], "tags": ["vip"], "not_tags": [], "lists": [], "not_lists": ["news"]}]'
\set entity 'customers'
\set now '2026-01-31T12:00:00Z'
\set operation 'upsert'
\set reason 'ticket 17'
\set received '2'
\set source 'api'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set trace_id '0af7651916cd43dd8448eb211c80319c'
\set user_id '1'

WITH listed AS MATERIALIZED (
    SELECT e.said, e.wanted, e.given, e.tags, e.not_tags, e.lists, e.not_lists, t.id, to_jsonb(t) AS image
      FROM json_to_recordset(:'edits'::json) AS e(ids bigint[], said int, wanted int, given int, tags text[],
                                                   not_tags text[], lists text[], not_lists text[])
     CROSS JOIN LATERAL unnest(e.ids) AS n(id)
     CROSS JOIN LATERAL (
           SELECT *
             FROM customers_customer r
            WHERE r.tenant_id = :'tenant_id' AND r.id = n.id
           OFFSET 0) t
), edited(id, before, after) AS (
    UPDATE customers_customer t
       SET email_optin = CASE WHEN e.said & 1 <> 0 THEN e.wanted & 1 <> 0 ELSE t.email_optin END, sms_optin = CASE WHEN e.said & 2 <> 0 THEN e.wanted & 2 <> 0 ELSE t.sms_optin END, whatsapp_optin = CASE WHEN e.said & 4 <> 0 THEN e.wanted & 4 <> 0 ELSE t.whatsapp_optin END, app_push_optin = CASE WHEN e.said & 8 <> 0 THEN e.wanted & 8 <> 0 ELSE t.app_push_optin END, gdpr_optin = CASE WHEN e.said & 16 <> 0 THEN e.wanted & 16 <> 0 ELSE t.gdpr_optin END, is_excluded = CASE WHEN e.said & 32 <> 0 THEN e.wanted & 32 <> 0 ELSE t.is_excluded END,
           given = t.given | e.given,
           tags = CASE WHEN e.not_tags = '{}' THEN t.tags
                  ELSE ARRAY(SELECT u.item FROM unnest(t.tags) WITH ORDINALITY AS u(item, place)
                              WHERE u.item <> ALL (e.not_tags) ORDER BY u.place) END || e.tags,
           mailing_lists = CASE WHEN e.not_lists = '{}' THEN t.mailing_lists
                  ELSE ARRAY(SELECT u.item FROM unnest(t.mailing_lists) WITH ORDINALITY AS u(item, place)
                              WHERE u.item <> ALL (e.not_lists) ORDER BY u.place) END || e.lists,
           previous_flags = CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END,
           overridden = t.overridden # (((CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END) # e.wanted) & e.said),
           withdrawn_by_staff = (t.withdrawn_by_staff | e.said) & ~(e.said & ((e.wanted) # 32)),
           updated_at = :'now'
      FROM listed e
     WHERE t.tenant_id = :'tenant_id' AND t.id = e.id
    RETURNING t.id, t.previous_flags, CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END
),
changed(id, kind, before, after, supplied, against_staff) AS NOT MATERIALIZED (
    SELECT id, 'updated', before, after, NULL::int, 0 FROM edited ORDER BY id
), tally AS MATERIALIZED (
    SELECT count(*)::int AS n,
           coalesce(array_agg(id) FILTER (WHERE kind = 'created'), '{}') AS created,
           coalesce(array_agg(id) FILTER (WHERE kind = 'updated'), '{}') AS updated,
           coalesce(array_agg(id) FILTER (WHERE kind = 'deleted'), '{}') AS deleted
      FROM changed
), next AS (
    INSERT INTO tenants_feed AS f (tenant_id, number)
    SELECT :'tenant_id', 1
      FROM tally
     WHERE n > 0
        ON CONFLICT (tenant_id) DO UPDATE
       SET number = f.number + 1
    RETURNING number
), changeset AS (
    INSERT INTO tenants_changeset (tenant_id, number, entity, operation, source, actor, api_key_id, user_id,
                                   received, unchanged, created_ids, updated_ids, deleted_ids, trace_id, reason, created_at)
    SELECT :'tenant_id', number, :'entity', :'operation', :'source', :'actor', :'api_key_id', :'user_id',
           :'received', :'distinct'::int - n, created, updated, deleted, :'trace_id', :'reason', :'now'
      FROM next, tally
), consents AS (
    INSERT INTO tenants_consentchange (tenant_id, changeset_number, customer, before, after, channels, against_staff,
                                       source, actor, reason, created_at)
    SELECT :'tenant_id', number, id, before, after, coalesce(before # after, supplied), against_staff,
           :'source', :'actor', :'reason', :'now'
      FROM next, changed
     WHERE coalesce(before # after, supplied) <> 0
), kept AS (
    INSERT INTO tenants_beforeimage (tenant_id, changeset_number, entity, record, image, names, grants, created_at)
    SELECT :'tenant_id', number, :'entity', k.record, k.image, NULLIF(array_remove(
               ARRAY[k.image->>'customer_id', k.image->>'email', regexp_replace(k.image->>'phone', '^00|\D', '', 'g')]
               || CASE WHEN k.image->'former_ids' <> 'null'
                       THEN ARRAY(SELECT jsonb_array_elements_text(k.image->'former_ids')) END
               || CASE WHEN k.image->'former_emails' <> 'null'
                       THEN ARRAY(SELECT jsonb_array_elements_text(k.image->'former_emails')) END, NULL), '{}'), ((k.image->>'email_optin')::boolean <> False)::int * 1 +
           ((k.image->>'sms_optin')::boolean <> False)::int * 2 +
           ((k.image->>'whatsapp_optin')::boolean <> False)::int * 4 +
           ((k.image->>'app_push_optin')::boolean <> False)::int * 8 +
           ((k.image->>'gdpr_optin')::boolean <> False)::int * 16 +
           ((k.image->>'is_excluded')::boolean <> True)::int * 32 +
           (k.image->'mailing_lists' <> '[]')::int * 64 +
           jsonb_path_exists(k.image->'attributes', '$.* ? (@ == true)')::int * 128, :'now'
      FROM next
     CROSS JOIN (
           SELECT l.id, l.image FROM listed l) AS k(record, image)
)
SELECT (SELECT number FROM next) AS number, cardinality(created) AS created, cardinality(updated) AS updated,
       cardinality(deleted) AS deleted
  FROM tally
;
