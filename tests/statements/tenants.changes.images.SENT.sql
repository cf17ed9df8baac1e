\set images '[{"record": 1, "image": {"id": 1, "customer_id": "C-1"}}]'

SELECT b.record, b.image FROM jsonb_to_recordset(:'images'::jsonb) AS b(record bigint, image jsonb)
;
