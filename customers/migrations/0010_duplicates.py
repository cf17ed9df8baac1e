"""Customers who may be one person, and those of whom staff said that they are not; merges hear of withdrawals."""

import django.db.models.deletion
from django.db import migrations, models

from hub.sql.files import read_sql
from hub.sql.tenancy import tenant_table


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0009_customer_note'),
        ('tenants', '0028_merges'),
    ]

    operations = [
        migrations.CreateModel(
            name='Duplicate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.BigIntegerField(verbose_name='hub id')),
                ('second', models.BigIntegerField(verbose_name='hub id of the other')),
                ('reasons', models.SmallIntegerField()),
                ('is_dismissed', models.BooleanField(default=False, verbose_name='not a duplicate')),
                ('created_at', models.DateTimeField(verbose_name='found')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'verbose_name': 'possible duplicate',
                'indexes': [models.Index(fields=['tenant', 'second'], name='duplicate_by_second')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'first', 'second'), name='duplicate_in_tenant')],
            },
        ),
        *tenant_table("customers_duplicate"),
        migrations.RunSQL(read_sql("customers", "functions/note_withdrawn"), migrations.RunSQL.noop),
    ]
