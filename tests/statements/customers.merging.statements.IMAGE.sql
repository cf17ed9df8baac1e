\set after_row '{"id": 1, "customer_id": "C-1", "tags": [], "attributes": {}}'
\set followed '[[1, "C-2", null, "C-1", null]]'
\set kept '1'
\set kept_row '{"id": 1, "customer_id": "C-1", "tags": [], "attributes": {}}'
\set lost_row '{"id": 1, "customer_id": "C-1", "tags": [], "attributes": {}}'
\set orders '[]'

SELECT json_build_object('record', :'kept'::bigint, 'image', :'kept_row'::jsonb || jsonb_build_object('merged',
           jsonb_build_object('lost', :'lost_row'::jsonb, 'after', :'after_row'::jsonb,
                              'orders', :'orders'::jsonb, 'followed', :'followed'::jsonb)))::text AS image
;
