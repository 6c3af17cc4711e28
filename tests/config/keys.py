"""Keys as random as they have to be, the same each time, and settings that are complete."""

import base64
import hashlib

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.urlsafe_b64encode(bytes(32)).decode()
# As random as keys have to be, and the same each time.
BYTES = [hashlib.sha256(b"%d" % number).digest() for number in range(4)]
NEWEST, OLDER, INDEX, VAPID = (base64.urlsafe_b64encode(one).decode() for one in BYTES)

PRODUCTION = {
    "UPCOACH_ENV": "production",
    "UPCOACH_PUBLIC_URL": "https://api.example.org",
    "UPCOACH_MONGO_URL": "mongodb://app:hidden-mongo@db/?replicaSet=rs0",
    "UPCOACH_REDIS_URL": "rediss://:hidden-redis@cache:6379/0",
    "UPCOACH_MASTER_KEYS": f"k2:{NEWEST},k1:{OLDER}",
    "UPCOACH_INDEX_KEY": INDEX,
    "UPCOACH_SMTP_URL": "smtps://mailer:hidden-smtp@mail.example.org",
}
