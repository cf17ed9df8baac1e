"""What customers are searched by, beside them, and how far the worker that keeps it is."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from hub.sql.extensions import Extension
from hub.sql.tenancy import tenant_reference, tenant_table


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0007_note_withdrawn'),
        ('tenants', '0025_requires_reason'),
    ]

    operations = [
        Extension('pg_trgm'),
        migrations.CreateModel(
            name='SearchedWords',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.TextField()),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['words'], gin_pending_list_limit=1024, name='searched_by_part', opclasses=['gin_trgm_ops']), models.Index(fields=['tenant', 'id'], name='searched_of_tenant')],
            },
        ),
        migrations.CreateModel(
            name='SearchPosition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField()),
                ('filled_to', models.BigIntegerField(null=True)),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant',), name='search_position_of_tenant')],
            },
        ),
        *tenant_table("customers_searchedwords"),
        # Whatever deletes a customer, the words go with it.
        tenant_reference("customers_searchedwords", "id", "customers_customer"),
        *tenant_table("customers_searchposition", fillfactor=50),
    ]
