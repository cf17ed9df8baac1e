\set customer '1'

SELECT tenant_id, customer_id, email FROM customers_customer WHERE id = :'customer'
;
