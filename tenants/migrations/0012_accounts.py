"""Members are invited and agree, a tenant may require second factors, and used codes are remembered."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0011_audit'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='accepted_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='accepted'),
        ),
        migrations.AddField(
            model_name='tenant',
            name='requires_factor',
            field=models.BooleanField(default=False, help_text='Whoever sees this tenant needs an authenticator app or a passkey, and is led to set one up.', verbose_name='require a second factor'),
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                ('role', models.CharField(choices=[('viewer', 'Viewer'), ('staff', 'Staff'), ('admin', 'Admin')], default='viewer', max_length=10)),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('is_mailed', models.BooleanField(default=False, editable=False, verbose_name='sent by mail')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='invited')),
                ('expires_at', models.DateTimeField(editable=False, verbose_name='expires')),
                ('accepted_at', models.DateTimeField(editable=False, null=True, verbose_name='accepted')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked')),
                ('invited_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tenant', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='tenants.tenant')),
            ],
            options={
                'ordering': ['-created_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('accepted_at', None), ('revoked_at', None), _connector='OR'), name='invitation_ends_once')],
            },
        ),
        # Where Django's cache remembers used codes of authenticators: they are good once, in whichever process.
        migrations.RunSQL(
            """
            CREATE TABLE tenants_used_codes (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamptz NOT NULL
            );
            CREATE INDEX tenants_used_codes_expires ON tenants_used_codes (expires)
            """,
            "DROP TABLE tenants_used_codes",
        ),
    ]
