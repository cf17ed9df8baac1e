SELECT coalesce(array_agg(tenant_id), '{}')::text, coalesce(array_agg(number), '{}')::text
  FROM tenants_feed
;
