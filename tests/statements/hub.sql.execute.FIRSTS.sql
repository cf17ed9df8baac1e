\set blocks '1'

SELECT array_agg(nextval('hub_ids')) FROM generate_series(1, :'blocks')
;
