-- Whether one of the records `sent`, whose external_id nobody has, may mean a customer without any.
means_nameless('customers_customer',
               %(tenant_id)s,
               (SELECT array_agg({key}) FROM sent),
               (SELECT array_agg(phone_number) FROM sent),
               (SELECT array_agg(email) FROM sent))
