"""The settings of the Django project."""

import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="nobody logs in here",
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # By default the layer drops what is beyond 100 messages.
            "CONFIG": {"hosts": [os.environ["REDIS_URL"]], "capacity": 100_000},
        }
    },
)
django.setup()
