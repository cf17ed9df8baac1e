"""Which flags staff changed since a source sent them, and which staff withdrew: so far, those they were last to change.

Whether a source has sent staff's value since is not known; that it has not is what lets an opt-out stand.
"""

from django.db import migrations, models

FLAGS = (
    "c.email_optin::int + c.sms_optin::int * 2 + c.whatsapp_optin::int * 4 + c.app_push_optin::int * 8"
    " + c.gdpr_optin::int * 16 + c.is_excluded::int * 32"
)
FROM_THE_LEDGER = f"""
UPDATE customers_customer c
   SET overridden = x.flags,
       withdrawn_by_staff = x.flags & ~(({FLAGS}) # 32)
  FROM (SELECT tenant_id, customer, bit_or(flag) AS flags
          FROM (SELECT DISTINCT ON (l.tenant_id, l.customer, f.flag) l.tenant_id, l.customer, f.flag, l.source
                  FROM tenants_consentchange l
                 CROSS JOIN (VALUES (1), (2), (4), (8), (16), (32)) AS f(flag)
                 WHERE l.channels & f.flag <> 0
                   AND EXISTS (SELECT 1
                                 FROM tenants_consentchange s
                                WHERE s.tenant_id = l.tenant_id AND s.customer = l.customer AND s.source = 'admin')
                 ORDER BY l.tenant_id, l.customer, f.flag, l.id DESC) AS last
         WHERE source = 'admin'
         GROUP BY tenant_id, customer) AS x
 WHERE c.tenant_id = x.tenant_id AND c.id = x.customer
"""


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_ids_of_customers'),
        ('tenants', '0016_ledger_that_stands_by_itself'),
    ]

    operations = [
        migrations.AddField('customer', 'overridden', models.SmallIntegerField(db_default=0, editable=False)),
        migrations.AddField('customer', 'withdrawn_by_staff', models.SmallIntegerField(db_default=0, editable=False)),
        migrations.RunSQL(FROM_THE_LEDGER, migrations.RunSQL.noop),
    ]
