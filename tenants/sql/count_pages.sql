-- Adds pages of the admin to the counts of their hours and routes.
INSERT INTO tenants_pagecount AS c
       (hour, route, requests, failed, slowest, buckets, fault, fault_trace_id, failed_at)
SELECT p.hour, p.route, p.requests, p.failed, p.slowest, p.buckets, p.fault, p.fault_trace_id, p.failed_at
  FROM json_to_recordset(%(pages)s::json) AS p(
           hour timestamptz, route text, requests bigint, failed bigint, slowest double precision, buckets bigint[],
           fault text, fault_trace_id text, failed_at timestamptz)
 ORDER BY p.hour, p.route
    ON CONFLICT (hour, route) DO UPDATE SET
       requests = c.requests + excluded.requests,
       failed = c.failed + excluded.failed,
       slowest = greatest(c.slowest, excluded.slowest),
       buckets = ARRAY(SELECT b.before + b.more
                         FROM unnest(c.buckets, excluded.buckets) WITH ORDINALITY AS b(before, more, place)
                        ORDER BY b.place),
       fault = CASE WHEN excluded.failed > 0 THEN excluded.fault ELSE c.fault END,
       fault_trace_id = CASE WHEN excluded.failed > 0 THEN excluded.fault_trace_id ELSE c.fault_trace_id END,
       failed_at = coalesce(excluded.failed_at, c.failed_at)
