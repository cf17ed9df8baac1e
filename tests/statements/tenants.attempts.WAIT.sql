\set buckets '{login}'

SELECT coalesce(ceil(extract(epoch FROM max(ready_at) - now())), 0)::int
  FROM tenants_failurecounter
 WHERE bucket = ANY (:'buckets'::text[]) AND ready_at > now()
;
