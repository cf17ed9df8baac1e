\set actor 'key 0123abcd'
\set api_key_id '1'
\set distinct '2'
\set entity 'customers'
\set key '1'
\set keys '["i:C-1", "i:C-2"]'
\set now '2026-01-31T12:00:00Z'
\set operation 'upsert'
\set priority 'customerid'
\set reason 'ticket 17'
\set received '2'
\set records '[{"match_key": "i:C-1", "CustomerId": "C-1", "Email": "ann@shop.example", "external_id": "C-1", "OrderId": "O-1", "OrderDate": "2026-01-31T12:00:00Z", "TotalRevenue": 9.9, "Currency": "EUR", "OrderItems": [{"ProductId": "P-1", "Sku": "S-1", "Quantity": 1, "Price": 9.9}], "ProductId": "P-1", "ProductName": "Top", "VariantId": "V-1", "Sku": "S-1", "Name": "Small", "OriginalPrice": 9.9, "IsAvailable": true}]'
\set source 'api'
\set sticking '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set trace_id '0af7651916cd43dd8448eb211c80319c'
\set user_id '1'

WITH locked AS MATERIALIZED (
    SELECT lock_tenant('tenants_feed', :'tenant_id', :'priority', :'source', :'key', false) AS looks
), sent AS MATERIALIZED (
    SELECT *
      FROM json_to_recordset(:'records'::json) AS s(
       "FormerIds" text[],
       "FormerEmails" text[],
       "CustomerId" text,
       "Email" text,
       "Name" text,
       "Surname" text,
       "Phone" text,
       "Language" text,
       "Username" text,
       "EmailOptin" boolean,
       "SmsOptin" boolean,
       "WhatsappOptin" boolean,
       "AppPushOptin" boolean,
       "GdprOptin" boolean,
       "IsExcluded" boolean,
       "Attributes" jsonb,
       "Tags" text[],
       "MailingLists" text[])
), gate AS MATERIALIZED (
    SELECT CASE
               WHEN NOT looks THEN false
               WHEN meets_forgotten('tenants_feed', :'tenant_id', :'source') THEN true
               ELSE note_withdrawn('tenants_beforeimage', 'customers_customer', :'tenant_id', (
           SELECT jsonb_object_agg(w.key, w.bits)
             FROM (SELECT CASE WHEN :'priority' = 'email' THEN 'e:' || s."Email" ELSE 'i:' || s."CustomerId" END AS key,
                          (s."EmailOptin" IS FALSE)::int * 1 +
                          (s."SmsOptin" IS FALSE)::int * 2 +
                          (s."WhatsappOptin" IS FALSE)::int * 4 +
                          (s."AppPushOptin" IS FALSE)::int * 8 +
                          (s."GdprOptin" IS FALSE)::int * 16 +
                          (s."IsExcluded" IS TRUE)::int * 32 AS bits
                     FROM sent s
                   OFFSET 0) w
            WHERE w.bits <> 0)) IS NULL
           END AS closed
      FROM locked
), stored(id, is_new, before, after, supplied, against_staff) AS (
INSERT INTO "customers_customer" AS t (
       tenant_id,
       "match_key",
       "former_ids",
       "former_emails",
       "customer_id",
       "email",
       "name",
       "surname",
       "phone",
       "language",
       "username",
       "email_optin",
       "sms_optin",
       "whatsapp_optin",
       "app_push_optin",
       "gdpr_optin",
       "is_excluded",
       "attributes",
       "tags",
       "mailing_lists",
       given,
       created_at,
       updated_at)
SELECT :'tenant_id',
       CASE WHEN :'priority' = 'email' THEN 'e:' || s."Email" ELSE 'i:' || s."CustomerId" END,
       s."FormerIds",
       s."FormerEmails",
       NULLIF(s."CustomerId", ''),
       NULLIF(s."Email", ''),
       NULLIF(s."Name", ''),
       NULLIF(s."Surname", ''),
       NULLIF(s."Phone", ''),
       NULLIF(s."Language", ''),
       NULLIF(s."Username", ''),
       coalesce(s."EmailOptin", false),
       coalesce(s."SmsOptin", false),
       coalesce(s."WhatsappOptin", false),
       coalesce(s."AppPushOptin", false),
       coalesce(s."GdprOptin", false),
       coalesce(s."IsExcluded", false),
       coalesce(s."Attributes", '{}'),
       coalesce(s."Tags", '{}'),
       coalesce(s."MailingLists", '{}'),
       CASE WHEN s."CustomerId" IS NOT NULL THEN 1 ELSE 0 END +
       CASE WHEN s."Email" IS NOT NULL THEN 2 ELSE 0 END +
       CASE WHEN s."Name" IS NOT NULL THEN 4 ELSE 0 END +
       CASE WHEN s."Surname" IS NOT NULL THEN 8 ELSE 0 END +
       CASE WHEN s."Phone" IS NOT NULL THEN 16 ELSE 0 END +
       CASE WHEN s."Language" IS NOT NULL THEN 32 ELSE 0 END +
       CASE WHEN s."Username" IS NOT NULL THEN 64 ELSE 0 END +
       CASE WHEN s."EmailOptin" IS NOT NULL THEN 128 ELSE 0 END +
       CASE WHEN s."SmsOptin" IS NOT NULL THEN 256 ELSE 0 END +
       CASE WHEN s."WhatsappOptin" IS NOT NULL THEN 512 ELSE 0 END +
       CASE WHEN s."AppPushOptin" IS NOT NULL THEN 1024 ELSE 0 END +
       CASE WHEN s."GdprOptin" IS NOT NULL THEN 2048 ELSE 0 END +
       CASE WHEN s."IsExcluded" IS NOT NULL THEN 4096 ELSE 0 END +
       CASE WHEN s."Attributes" IS NOT NULL THEN 8192 ELSE 0 END +
       CASE WHEN s."Tags" IS NOT NULL THEN 16384 ELSE 0 END +
       CASE WHEN s."MailingLists" IS NOT NULL THEN 32768 ELSE 0 END,
       :'now',
       :'now'
  FROM sent AS s
 CROSS JOIN gate WHERE NOT gate.closed
 ORDER BY CASE WHEN :'priority' = 'email' THEN 'e:' || s."Email" ELSE 'i:' || s."CustomerId" END
    ON CONFLICT (tenant_id, "match_key") DO UPDATE
   SET "customer_id" = CASE WHEN excluded.given & 1 <> 0 THEN excluded."customer_id" ELSE t."customer_id" END,
       "email" = CASE WHEN excluded.given & 2 <> 0 THEN excluded."email" ELSE t."email" END,
       "name" = CASE WHEN excluded.given & 4 <> 0 THEN excluded."name" ELSE t."name" END,
       "surname" = CASE WHEN excluded.given & 8 <> 0 THEN excluded."surname" ELSE t."surname" END,
       "phone" = CASE WHEN excluded.given & 16 <> 0 THEN excluded."phone" ELSE t."phone" END,
       "language" = CASE WHEN excluded.given & 32 <> 0 THEN excluded."language" ELSE t."language" END,
       "username" = CASE WHEN excluded.given & 64 <> 0 THEN excluded."username" ELSE t."username" END,
       "email_optin" = CASE WHEN excluded.given & 128 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.email_optin ELSE excluded.email_optin AND (t.email_optin OR t.overridden & :'sticking'::int & 1 = 0) END ELSE t."email_optin" END,
       "sms_optin" = CASE WHEN excluded.given & 256 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.sms_optin ELSE excluded.sms_optin AND (t.sms_optin OR t.overridden & :'sticking'::int & 2 = 0) END ELSE t."sms_optin" END,
       "whatsapp_optin" = CASE WHEN excluded.given & 512 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.whatsapp_optin ELSE excluded.whatsapp_optin AND (t.whatsapp_optin OR t.overridden & :'sticking'::int & 4 = 0) END ELSE t."whatsapp_optin" END,
       "app_push_optin" = CASE WHEN excluded.given & 1024 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.app_push_optin ELSE excluded.app_push_optin AND (t.app_push_optin OR t.overridden & :'sticking'::int & 8 = 0) END ELSE t."app_push_optin" END,
       "gdpr_optin" = CASE WHEN excluded.given & 2048 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.gdpr_optin ELSE excluded.gdpr_optin AND (t.gdpr_optin OR t.overridden & :'sticking'::int & 16 = 0) END ELSE t."gdpr_optin" END,
       "is_excluded" = CASE WHEN excluded.given & 4096 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.is_excluded ELSE excluded.is_excluded OR (t.is_excluded AND t.overridden & :'sticking'::int & 32 <> 0) END ELSE t."is_excluded" END,
       "attributes" = CASE WHEN excluded.given & 8192 <> 0 THEN excluded."attributes" ELSE t."attributes" END,
       "tags" = CASE WHEN excluded.given & 16384 <> 0 THEN excluded."tags" ELSE t."tags" END,
       "mailing_lists" = CASE WHEN excluded.given & 32768 <> 0 THEN excluded."mailing_lists" ELSE t."mailing_lists" END,
       "overridden" = CASE WHEN t.overridden = 0 THEN 0 ELSE t.overridden & ~(excluded.given >> 7 & ~(t.overridden & ~((CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END) # 32) & :'sticking'::int & ((CASE WHEN excluded.email_optin THEN 1 ELSE 0 END +
       CASE WHEN excluded.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN excluded.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN excluded.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN excluded.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN excluded.is_excluded THEN 32 ELSE 0 END) # 32))) END,
       given = t.given | excluded.given,
       updated_at = excluded.updated_at,
       previous_flags = CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END,
       withdrawn_by_staff = CASE WHEN t.withdrawn_by_staff = 0 THEN 0 ELSE t.withdrawn_by_staff & ~((CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END) # 32) END,
       former_ids = CASE
           WHEN excluded.given & 1 <> 0 AND t.customer_id <> coalesce(excluded.customer_id, '')
           THEN (array_prepend(t.customer_id, array_remove(excluded.former_ids || t.former_ids, t.customer_id)))[:100]
           ELSE (excluded.former_ids || t.former_ids)[:100]
       END,
       former_emails = CASE
           WHEN excluded.given & 2 <> 0 AND t.email <> coalesce(excluded.email, '')
           THEN (array_prepend(t.email, array_remove(excluded.former_emails || t.former_emails, t.email)))[:100]
           ELSE (excluded.former_emails || t.former_emails)[:100]
       END
 WHERE (
       t."customer_id",
       t."email",
       t."name",
       t."surname",
       t."phone",
       t."language",
       t."username",
       t."email_optin",
       t."sms_optin",
       t."whatsapp_optin",
       t."app_push_optin",
       t."gdpr_optin",
       t."is_excluded",
       t."attributes",
       t."tags",
       t."mailing_lists",
       t."overridden",
       t.given)
       IS DISTINCT FROM (
       CASE WHEN excluded.given & 1 <> 0 THEN excluded."customer_id" ELSE t."customer_id" END,
       CASE WHEN excluded.given & 2 <> 0 THEN excluded."email" ELSE t."email" END,
       CASE WHEN excluded.given & 4 <> 0 THEN excluded."name" ELSE t."name" END,
       CASE WHEN excluded.given & 8 <> 0 THEN excluded."surname" ELSE t."surname" END,
       CASE WHEN excluded.given & 16 <> 0 THEN excluded."phone" ELSE t."phone" END,
       CASE WHEN excluded.given & 32 <> 0 THEN excluded."language" ELSE t."language" END,
       CASE WHEN excluded.given & 64 <> 0 THEN excluded."username" ELSE t."username" END,
       CASE WHEN excluded.given & 128 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.email_optin ELSE excluded.email_optin AND (t.email_optin OR t.overridden & :'sticking'::int & 1 = 0) END ELSE t."email_optin" END,
       CASE WHEN excluded.given & 256 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.sms_optin ELSE excluded.sms_optin AND (t.sms_optin OR t.overridden & :'sticking'::int & 2 = 0) END ELSE t."sms_optin" END,
       CASE WHEN excluded.given & 512 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.whatsapp_optin ELSE excluded.whatsapp_optin AND (t.whatsapp_optin OR t.overridden & :'sticking'::int & 4 = 0) END ELSE t."whatsapp_optin" END,
       CASE WHEN excluded.given & 1024 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.app_push_optin ELSE excluded.app_push_optin AND (t.app_push_optin OR t.overridden & :'sticking'::int & 8 = 0) END ELSE t."app_push_optin" END,
       CASE WHEN excluded.given & 2048 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.gdpr_optin ELSE excluded.gdpr_optin AND (t.gdpr_optin OR t.overridden & :'sticking'::int & 16 = 0) END ELSE t."gdpr_optin" END,
       CASE WHEN excluded.given & 4096 <> 0 THEN CASE WHEN t.overridden = 0 THEN excluded.is_excluded ELSE excluded.is_excluded OR (t.is_excluded AND t.overridden & :'sticking'::int & 32 <> 0) END ELSE t."is_excluded" END,
       CASE WHEN excluded.given & 8192 <> 0 THEN excluded."attributes" ELSE t."attributes" END,
       CASE WHEN excluded.given & 16384 <> 0 THEN excluded."tags" ELSE t."tags" END,
       CASE WHEN excluded.given & 32768 <> 0 THEN excluded."mailing_lists" ELSE t."mailing_lists" END,
       CASE WHEN t.overridden = 0 THEN 0 ELSE t.overridden & ~(excluded.given >> 7 & ~(t.overridden & ~((CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END) # 32) & :'sticking'::int & ((CASE WHEN excluded.email_optin THEN 1 ELSE 0 END +
       CASE WHEN excluded.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN excluded.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN excluded.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN excluded.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN excluded.is_excluded THEN 32 ELSE 0 END) # 32))) END,
       t.given | excluded.given)
RETURNING t.id, (t.xmax = 0),
          t.previous_flags, CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END,
          t.given >> 7 & 63,
          CASE WHEN t.withdrawn_by_staff = 0 THEN 0 ELSE t.withdrawn_by_staff & ((CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END) # 32) END,
          t.match_key AS key
),
changed(id, kind, before, after, supplied, against_staff) AS NOT MATERIALIZED (
    SELECT id, CASE WHEN is_new THEN 'created' ELSE 'updated' END, before, after, supplied, against_staff
      FROM stored
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
)
SELECT (SELECT number FROM next) AS number, cardinality(created) AS created, cardinality(updated) AS updated,
       cardinality(deleted) AS deleted, (SELECT closed FROM gate) AS closed,
       (SELECT json_build_object(
               'created', json_object_agg(key, id) FILTER (WHERE is_new),
               'updated', json_object_agg(key, id) FILTER (WHERE NOT is_new),
               'unchanged', ids_of_customers('customers_customer', :'tenant_id', :'keys'::json, array_agg(key)))
          FROM stored)::text AS outcomes
  FROM tally
;
