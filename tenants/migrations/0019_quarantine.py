"""Records that a batch left out, kept for staff."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.sql.tenancy import tenant_table


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0018_images_that_grant'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='look',
            name='way',
            field=models.CharField(choices=[('page', 'its page'), ('proof', 'its consent proof (CSV)'), ('list', 'the list in the admin'), ('changeset', "a changeset's page"), ('api_list', 'API, list'), ('api_record', 'API, one record'), ('custobar', 'Custobar, list'), ('api_feed', 'API, records of changes'), ('quarantine', 'the quarantine')], max_length=10),
        ),
        migrations.CreateModel(
            name='QuarantinedRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity', models.CharField(choices=[('customers', 'Customers'), ('orders', 'Orders'), ('products', 'Products')], max_length=10)),
                ('source', models.CharField(choices=[('api', 'API'), ('admin', 'Admin'), ('import', 'Import'), ('jericommerce', 'Jericommerce'), ('custobar', 'Custobar')], max_length=20)),
                ('digest', models.CharField(max_length=64)),
                ('record', models.TextField(verbose_name='as it was sent')),
                ('is_whole', models.BooleanField(db_default=True, default=True)),
                ('is_withdrawal', models.BooleanField(db_default=False, default=False, verbose_name='withdraws consent')),
                ('identifiers', models.JSONField(default=dict)),
                ('names', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('faults', models.JSONField(default=list)),
                ('codes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('index', models.IntegerField(verbose_name='place in its batch')),
                ('times', models.IntegerField(db_default=1, default=1, verbose_name='times sent')),
                ('actor', models.CharField(max_length=200)),
                ('trace_id', models.CharField(max_length=32)),
                ('changeset_number', models.BigIntegerField(null=True, verbose_name='changeset')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('corrected', 'Corrected'), ('dismissed', 'Dismissed')], db_default='waiting', default='waiting', max_length=10)),
                ('decided_by', models.CharField(db_default='', default='', max_length=200)),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(db_default='', default='', max_length=200)),
                ('corrected_number', models.BigIntegerField(null=True, verbose_name='corrected in changeset')),
                ('created_at', models.DateTimeField(verbose_name='first sent')),
                ('last_at', models.DateTimeField(verbose_name='last sent')),
                ('api_key', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.apikey')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'quarantined record',
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'digest'), name='quarantined_once_in_tenant')],
            },
        ),
        *tenant_table("tenants_quarantinedrecord"),
    ]
