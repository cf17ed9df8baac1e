-- Writes the certificates of a write that erased persons, all at once: one of 1,000 takes no more statements than one.
-- Returns their numbers.
INSERT INTO tenants_erasurecertificate (tenant_id, number, hub_id, changeset_number, source, actor, legal_basis,
                                        reference, reference_hash, went, digests, trace_id, format, key, signature,
                                        created_at)
SELECT %(tenant_id)s, c.number, c.hub_id, c.changeset_number, %(source)s, %(actor)s, %(legal_basis)s,
       %(reference)s, c.reference_hash, c.went, c.digests, %(trace_id)s, c.format, c.key, c.signature,
       %(now)s
  FROM json_to_recordset(%(certificates)s::json) AS c(number text, hub_id bigint, changeset_number bigint,
                                                      reference_hash text, went jsonb, digests text[], format smallint,
                                                      key text, signature text)
RETURNING number
