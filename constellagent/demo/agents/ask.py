"""One request to a service, for shell scripts: `ask.py URL [NAME@VARIABLE ...]`.

With fields they are posted as a JSON object, without any the page is fetched. A field takes its value from
the environment variable that is named, so that no password shows in the list of processes. Prints what the
service says; exit code 1 where it refuses.
"""

import json
import os
import sys
import urllib.error
import urllib.request


def main(arguments: list[str]) -> int:
    """Ask, print the answer, and say whether it was a yes."""
    url, *named = arguments
    fields = {}
    for field in named:
        name, _, variable = field.partition("@")
        fields[name] = os.environ[variable]
    data = json.dumps(fields).encode() if fields else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - the script names the service
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            sys.stdout.write(f"{json.load(answer)['message']}\n")
    except urllib.error.HTTPError as refused:
        with refused:
            sys.stderr.write(f"refused with {refused.code}: {json.load(refused)['error']}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
