"""Says by which access key botocore would sign, or why it would not: {"key": …} or {"refused": …}. No service is asked for it but STS."""

import json

from botocore.session import Session

try:
    credentials = Session().get_credentials()
    key = None if credentials is None else credentials.get_frozen_credentials().access_key
    said = {"refused": "NoCredentials"} if key is None else {"key": key}
except Exception as error:  # noqa: BLE001 - whatever it is, it is its answer
    said = {"refused": type(error).__name__}
print(json.dumps(said))
