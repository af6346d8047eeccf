from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hosts", "0003_host_address")]

    operations = [
        migrations.AddField("deployment", "rollout", models.JSONField(blank=True, default=dict)),
        migrations.AddField("deployment", "paused", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("deploymenttarget", "order", models.BinaryField(blank=True, default=b"")),
        migrations.AddField("revision", "scale", models.JSONField(blank=True, default=dict)),
        migrations.AddField("revision", "pins", models.JSONField(blank=True, default=dict)),
    ]
