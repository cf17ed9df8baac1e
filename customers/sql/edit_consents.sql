-- Sets flags of customers whose rows the transaction has locked. A flag that is null in `edits` stays as it is; as bits,
-- `said` are those that are not, `wanted` their values. Each flag that changes is overridden, or is no longer.
-- Returns (id, flags before, flags after) for every customer this changed; a first "no" is a change of `given` alone.
UPDATE customers_customer t
   SET {assignments},
       given = t.given | e.given,
       previous_flags = {flags},
       overridden = t.overridden # ((({flags}) # e.wanted) & e.said),
       withdrawn_by_staff = (t.withdrawn_by_staff | e.said) & ~(e.said & {granted}),
       updated_at = %(now)s
  FROM json_to_recordset(%(edits)s::json) AS e(id bigint, given int, said int, wanted int, {columns})
 WHERE t.tenant_id = %(tenant_id)s
   AND t.id = e.id
   AND ({changed} OR t.given <> t.given | e.given)
RETURNING t.id, t.previous_flags, {flags}
