"""Why something was written; and the consent ledger stands by itself, for changesets do not live as long."""

from django.db import migrations, models

SOURCES = [
    ('api', 'API'),
    ('admin', 'Admin'),
    ('import', 'Import'),
    ('jericommerce', 'Jericommerce'),
    ('custobar', 'Custobar'),
]
FROM_CHANGESETS = """
UPDATE tenants_consentchange c
   SET source = s.source, actor = s.actor
  FROM tenants_changeset s
 WHERE s.tenant_id = c.tenant_id AND s.number = c.changeset_number
"""


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0012_accounts'),
    ]

    operations = [
        migrations.AddField('changeset', 'reason', models.CharField(db_default='', max_length=200)),
        migrations.AddField(
            'consentchange', 'source', models.CharField(choices=SOURCES, db_default='', max_length=20)
        ),
        migrations.AddField('consentchange', 'actor', models.CharField(db_default='', max_length=200)),
        migrations.AddField('consentchange', 'reason', models.CharField(db_default='', max_length=200)),
        migrations.RunSQL(FROM_CHANGESETS, migrations.RunSQL.noop),
    ]
