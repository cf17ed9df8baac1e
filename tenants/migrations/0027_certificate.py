"""One certificate for each erased person, signed; and whoever takes all that is held about somebody has looked."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from hub.sql.tenancy import tenant_table


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0026_saved_view'),
    ]

    operations = [
        migrations.AlterField(
            model_name='look',
            name='way',
            field=models.CharField(choices=[('page', 'its page'), ('proof', 'its consent proof (CSV)'), ('dossier', 'everything held about the person'), ('list', 'the list in the admin'), ('changeset', "a changeset's page"), ('api_list', 'API, list'), ('api_record', 'API, one record'), ('custobar', 'Custobar, list'), ('api_feed', 'API, records of changes'), ('quarantine', 'the quarantine'), ('import', 'a file, on its way in'), ('export', 'an export')], max_length=10),
        ),
        migrations.CreateModel(
            name='ErasureCertificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=19)),
                ('hub_id', models.BigIntegerField(null=True, verbose_name='hub id')),
                ('changeset_number', models.BigIntegerField(null=True, verbose_name='changeset')),
                ('source', models.CharField(choices=[('api', 'API'), ('admin', 'Admin'), ('import', 'Import'), ('jericommerce', 'Jericommerce'), ('custobar', 'Custobar')], max_length=20, verbose_name='through')),
                ('actor', models.CharField(max_length=200, verbose_name='by')),
                ('legal_basis', models.CharField(blank=True, choices=[('no_longer_needed', 'Art. 17(1)(a): no longer needed'), ('consent_withdrawn', 'Art. 17(1)(b): consent withdrawn'), ('objection', 'Art. 17(1)(c): objection'), ('unlawful', 'Art. 17(1)(d): unlawfully processed'), ('legal_obligation', 'Art. 17(1)(e): legal obligation'), ('child', 'Art. 17(1)(f): collected from a child'), ('other', 'Another reason')], default='', max_length=20)),
                ('reference', models.CharField(blank=True, default='', max_length=100)),
                ('reference_hash', models.CharField(blank=True, default='', max_length=64)),
                ('went', models.JSONField(default=dict, verbose_name='what went')),
                ('digests', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, size=None)),
                ('trace_id', models.CharField(max_length=32)),
                ('format', models.SmallIntegerField(default=1)),
                ('key', models.CharField(max_length=16)),
                ('signature', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(verbose_name='erased')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'verbose_name': 'erasure',
                'ordering': ['-id'],
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['digests'], name='certificate_by_digest'), models.Index(fields=['tenant', 'changeset_number'], name='certificate_by_changeset'), models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['tenant', 'reference'], name='certificate_by_reference')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'number'), name='certificate_number_in_tenant')],
            },
        ),
        *tenant_table("tenants_erasurecertificate"),
    ]
