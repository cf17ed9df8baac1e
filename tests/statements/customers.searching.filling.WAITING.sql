SELECT f.tenant_id, p.number, p.filled_to, f.expired > p.number AS has_expired
  FROM tenants_feed f
  LEFT JOIN customers_searchposition p ON p.tenant_id = f.tenant_id
 WHERE NOT f.is_emptying
   AND (p.number IS NULL OR p.number < f.number OR p.filled_to IS NOT NULL)
;
