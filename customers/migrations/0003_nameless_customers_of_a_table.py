"""The question of Custobar's uploads is told the table, which on a shard has another name."""

from django.db import migrations

from hub.sql.files import read_sql


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_one_form_of_an_email"), ("tenants", "0005_what_a_write_must_know")]
    operations = [
        migrations.RunSQL("DROP FUNCTION IF EXISTS means_nameless(uuid, text[], text[], text[])", migrations.RunSQL.noop),
        migrations.RunSQL(read_sql("customers", "functions/means_nameless"), migrations.RunSQL.noop),
    ]
