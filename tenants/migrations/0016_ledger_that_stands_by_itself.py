"""A row of the ledger says which flags it is about, initial consents too; and what becomes of a staff opt-out."""

from django.db import migrations, models

POLICIES = [
    ('source', 'The source wins: whatever it sends is stored, also when staff have opted somebody out'),
    ('staff', "Staff's opt-out sticks: the value a source had sent before does not undo it, only another one does"),
]
WAYS = [
    ('page', 'its page'),
    ('proof', 'its consent proof (CSV)'),
    ('list', 'the list in the admin'),
    ('changeset', "a changeset's page"),
    ('api_list', 'API, list'),
    ('api_record', 'API, one record'),
    ('custobar', 'Custobar, list'),
    ('api_feed', 'API, records of changes'),
]
# Rows before this one are about flags that changed.
FLAGS_THAT_CHANGED = "UPDATE tenants_consentchange SET channels = before # after"


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0015_webhooks'),
    ]

    operations = [
        migrations.AddField(
            model_name='tenant',
            name='consent_policy',
            field=models.CharField(choices=POLICIES, default='source', help_text="A source is whatever sends customers: the API, a vendor's plug-in. What it sends again and again in full may be older than what a customer told your staff on the phone. What is held back is named in the warnings of the answer. Opt-outs are stored under either policy, whoever sends them, and opt-ins after an opt-out by staff stand on the home page.", max_length=10),
        ),
        migrations.AlterField('look', 'way', models.CharField(choices=WAYS, max_length=10)),
        migrations.AlterField('consentchange', 'before', models.SmallIntegerField(null=True)),
        migrations.AddField('consentchange', 'channels', models.SmallIntegerField(default=0), preserve_default=False),
        migrations.AddField('consentchange', 'against_staff', models.SmallIntegerField(db_default=0)),
        migrations.RunSQL(FLAGS_THAT_CHANGED, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='consentchange',
            index=models.Index(condition=models.Q(('against_staff', 0), _negated=True), fields=['tenant', 'created_at'], name='consent_change_against_staff'),
        ),
        migrations.AddIndex(
            model_name='consentchange',
            index=models.Index(condition=models.Q(('reason', ''), _negated=True), fields=['tenant', 'reason'], name='consent_change_by_reason'),
        ),
        migrations.AddIndex(
            model_name='changeset',
            index=models.Index(condition=models.Q(('reason', ''), _negated=True), fields=['tenant', 'reason'], name='changeset_by_reason'),
        ),
    ]
