\set actor 'key 0123abcd'
\set after '{NULL,3}'
\set api_key_id '1'
\set before '{NULL,1}'
\set distinct '2'
\set entity 'customers'
\set ids '{1,2}'
\set images '[{"record": 1, "image": {"id": 1, "customer_id": "C-1"}}]'
\set kinds '{created,updated}'
\set now '2026-01-31T12:00:00Z'
\set operation 'upsert'
\set reason 'ticket 17'
\set received '2'
\set source 'api'
\set supplied '{NULL,NULL}'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set trace_id '0af7651916cd43dd8448eb211c80319c'
\set user_id '1'

WITH changed(id, kind, before, after, supplied, against_staff) AS NOT MATERIALIZED (
    SELECT *, 0
      FROM unnest(:'ids'::bigint[], :'kinds'::text[], :'before'::smallint[], :'after'::smallint[],
                  :'supplied'::smallint[])
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
    INSERT INTO tenants_beforeimage (tenant_id, changeset_number, entity, record, image, names, grants, kept_until, created_at)
    SELECT :'tenant_id', number, :'entity', k.record, k.image, (NULLIF(array_remove(
               ARRAY[k.image->>'customer_id', k.image->>'email', regexp_replace(k.image->>'phone', '^00|\D', '', 'g')]
               || CASE WHEN k.image->'former_ids' <> 'null'
                       THEN ARRAY(SELECT jsonb_array_elements_text(k.image->'former_ids')) END
               || CASE WHEN k.image->'former_emails' <> 'null'
                       THEN ARRAY(SELECT jsonb_array_elements_text(k.image->'former_emails')) END, NULL), '{}') || NULLIF(array_remove(
               ARRAY[k.image->'merged'->'lost'->>'customer_id', k.image->'merged'->'lost'->>'email', regexp_replace(k.image->'merged'->'lost'->>'phone', '^00|\D', '', 'g')]
               || CASE WHEN k.image->'merged'->'lost'->'former_ids' <> 'null'
                       THEN ARRAY(SELECT jsonb_array_elements_text(k.image->'merged'->'lost'->'former_ids')) END
               || CASE WHEN k.image->'merged'->'lost'->'former_emails' <> 'null'
                       THEN ARRAY(SELECT jsonb_array_elements_text(k.image->'merged'->'lost'->'former_emails')) END, NULL), '{}')), ((((k.image->>'email_optin')::boolean <> False)::int * 1 +
           ((k.image->>'sms_optin')::boolean <> False)::int * 2 +
           ((k.image->>'whatsapp_optin')::boolean <> False)::int * 4 +
           ((k.image->>'app_push_optin')::boolean <> False)::int * 8 +
           ((k.image->>'gdpr_optin')::boolean <> False)::int * 16 +
           ((k.image->>'is_excluded')::boolean <> True)::int * 32 +
           (k.image->'mailing_lists' <> '[]')::int * 64 +
           jsonb_path_exists(k.image->'attributes', '$.* ? (@ == true)')::int * 128) | (((k.image->'merged'->'lost'->>'email_optin')::boolean <> False)::int * 1 +
           ((k.image->'merged'->'lost'->>'sms_optin')::boolean <> False)::int * 2 +
           ((k.image->'merged'->'lost'->>'whatsapp_optin')::boolean <> False)::int * 4 +
           ((k.image->'merged'->'lost'->>'app_push_optin')::boolean <> False)::int * 8 +
           ((k.image->'merged'->'lost'->>'gdpr_optin')::boolean <> False)::int * 16 +
           ((k.image->'merged'->'lost'->>'is_excluded')::boolean <> True)::int * 32 +
           (k.image->'merged'->'lost'->'mailing_lists' <> '[]')::int * 64 +
           jsonb_path_exists(k.image->'merged'->'lost'->'attributes', '$.* ? (@ == true)')::int * 128)), :'now'::timestamptz + interval '30 days', :'now'
      FROM next
     CROSS JOIN (
           SELECT b.record, b.image FROM jsonb_to_recordset(:'images'::jsonb) AS b(record bigint, image jsonb)
             JOIN changed c ON c.id = b.record AND c.kind <> 'created') AS k(record, image)
)
SELECT (SELECT number FROM next) AS number, cardinality(created) AS created, cardinality(updated) AS updated,
       cardinality(deleted) AS deleted
  FROM tally
;
