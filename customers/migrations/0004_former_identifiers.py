"""What a customer was known by before; of renames until now nobody knows."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_nameless_customers_of_a_table'),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='former_emails',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), editable=False, null=True, size=None, verbose_name='former e-mails'),
        ),
        migrations.AddField(
            model_name='customer',
            name='former_ids',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), editable=False, null=True, size=None),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(('former_ids__isnull', False)), fields=['former_ids'], name='customer_by_former_id'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(('former_emails__isnull', False)), fields=['former_emails'], name='customer_by_former_email'),
        ),
    ]
