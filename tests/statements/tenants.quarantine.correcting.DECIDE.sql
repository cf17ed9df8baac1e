\set actor 'key 0123abcd'
\set ids '{1,2}'
\set now '2026-01-31T12:00:00Z'
\set number '0'
\set reason 'ticket 17'
\set state 'dismissed'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set user_id '1'

UPDATE tenants_quarantinedrecord
   SET state = :'state',
       decided_by = :'actor',
       user_id = :'user_id',
       decided_at = :'now',
       reason = :'reason',
       corrected_number = :'number'
 WHERE tenant_id = :'tenant_id' AND id = ANY (:'ids'::bigint[]) AND state = 'waiting'
RETURNING id
;
