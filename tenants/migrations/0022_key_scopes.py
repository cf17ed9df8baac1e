"""Keys that may do some things only, from some networks only: today's may do all, from anywhere."""

import django.contrib.postgres.fields
import hub.sql.cidr
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0021_requests'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='last_used_address',
            field=models.GenericIPAddressField(editable=False, null=True, verbose_name='last used from'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='last_used_route',
            field=models.CharField(db_default='', default='', editable=False, max_length=220, verbose_name='last used for'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='networks',
            field=django.contrib.postgres.fields.ArrayField(base_field=hub.sql.cidr.CidrField(), db_default=models.Value('{}', output_field=django.contrib.postgres.fields.ArrayField(base_field=hub.sql.cidr.CidrField(), size=None)), default=list, editable=False, size=None),
        ),
        migrations.AddField(
            model_name='apikey',
            name='scopes',
            field=models.PositiveSmallIntegerField(db_default=511, default=511, editable=False),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__gte', 1), ('scopes__lte', 511)), name='apikey_may_do_something'),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(('networks__len__lte', 20)), name='apikey_networks_bounded'),
        ),
    ]
