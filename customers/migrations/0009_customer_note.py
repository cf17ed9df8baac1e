"""Notes of staff on customers, which go with their customer."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.sql.tenancy import TenantForeignKey, tenant_reference, tenant_table


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0008_searched_words'),
        ('tenants', '0025_requires_reason'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CustomerNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(max_length=4000)),
                ('author', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField()),
                ('customer', TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='customers.customer')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'note',
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['tenant', 'customer', 'created_at'], name='note_of_customer')],
            },
        ),
        *tenant_table("customers_customernote"),
        tenant_reference("customers_customernote", "customer_id", "customers_customer"),
    ]
