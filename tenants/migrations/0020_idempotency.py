"""Answers that are given again to whoever sends the same request again."""

import django.db.models.deletion
from django.db import migrations, models

from hub.sql.tenancy import tenant_table


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0019_quarantine'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeptAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.BinaryField(max_length=32)),
                ('request', models.BinaryField(max_length=32)),
                ('answer', models.BinaryField()),
                ('created_at', models.DateTimeField()),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
        ),
        migrations.AddConstraint(
            model_name='keptanswer',
            constraint=models.UniqueConstraint(fields=('tenant', 'name'), name='answer_of_idempotency_key'),
        ),
        # What is sealed does not shrink.
        migrations.RunSQL("ALTER TABLE tenants_keptanswer ALTER answer SET STORAGE EXTERNAL", migrations.RunSQL.noop),
        *tenant_table("tenants_keptanswer"),
    ]
