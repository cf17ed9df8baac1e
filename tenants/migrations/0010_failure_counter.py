"""Wrong passwords are counted in a table of their own, whose rows go when they are forgiven."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0009_erased_at'),
    ]

    operations = [
        migrations.CreateModel(
            name='FailureCounter',
            fields=[
                ('bucket', models.TextField(primary_key=True, serialize=False)),
                ('forgotten_at', models.DateTimeField()),
                ('ready_at', models.DateTimeField()),
            ],
        ),
        # Counting must not wait for the disk.
        migrations.RunSQL("ALTER TABLE tenants_failurecounter SET UNLOGGED", migrations.RunSQL.noop),
    ]
