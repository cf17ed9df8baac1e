\set buckets '{login}'

INSERT INTO tenants_ratecounter AS r (bucket, minute, in_minute, hour, in_hour)
SELECT name, date_trunc('minute', now()), 1, date_trunc('hour', now()), 1
  FROM unnest(:'buckets'::text[]) AS name
 ORDER BY name
    ON CONFLICT (bucket) DO UPDATE
   SET minute = excluded.minute,
       in_minute = CASE WHEN r.minute = excluded.minute THEN r.in_minute + 1 ELSE 1 END,
       hour = excluded.hour,
       in_hour = CASE WHEN r.hour = excluded.hour THEN r.in_hour + 1 ELSE 1 END
RETURNING in_minute, in_hour
;
