"""A tenant may have a sandbox; what a write must know says which tenants are one, and which is being emptied."""

import django.db.models.deletion
from django.db import migrations, models

from hub.sql.files import read_sql


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0022_key_scopes'),
    ]

    operations = [
        migrations.AddField(
            model_name='feed',
            name='is_emptying',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='feed',
            name='is_sandbox',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='tenant',
            name='sandbox_of',
            field=models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sandbox', to='tenants.tenant'),
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='kind',
            field=models.CharField(choices=[('tenant_created', 'Tenant created'), ('tenant_changed', 'Configuration changed'), ('sandbox_created', 'Sandbox created'), ('sandbox_filled', 'Sandbox filled with sample data'), ('sandbox_emptied', 'Sandbox emptied'), ('sandbox_copied', 'Configuration copied to the sandbox'), ('key_created', 'Key created'), ('key_changed', 'Key changed'), ('key_rolled', 'Key rolled'), ('key_revoked', 'Key revoked'), ('member_added', 'Member added'), ('member_role', "Member's role changed"), ('member_removed', 'Member removed'), ('member_left', 'Member left'), ('invitation_made', 'Invitation made'), ('invitation_accepted', 'Invitation accepted'), ('invitation_revoked', 'Invitation revoked'), ('webhook_created', 'Webhook created'), ('webhook_changed', 'Webhook changed'), ('webhook_paused', 'Webhook paused'), ('webhook_resumed', 'Webhook resumed'), ('webhook_redelivered', 'Webhook set back'), ('webhook_rotated', "Webhook's secret rotated"), ('webhook_tested', 'Webhook sent a test event'), ('webhook_deleted', 'Webhook deleted')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='feed',
            constraint=models.CheckConstraint(condition=models.Q(('is_emptying', False), ('is_sandbox', True), _connector='OR'), name='only_sandboxes_are_emptied'),
        ),
        migrations.AddConstraint(
            model_name='tenant',
            constraint=models.CheckConstraint(condition=models.Q(('sandbox_of', models.F('id')), _negated=True), name='sandbox_of_another_tenant'),
        ),
        migrations.RunSQL(read_sql("tenants", "functions/lock_tenant"), migrations.RunSQL.noop),
    ]
