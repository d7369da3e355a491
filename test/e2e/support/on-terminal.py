"""Runs a command on a terminal of its own, and types what is said for what it shows.

    on-terminal.py '[["what it shows", "what is typed"], …]' COMMAND …

Prints all that the terminal showed, and ends as the command did.
"""

import json
import os
import pty
import select
import sys

answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b""
seen = 0
while True:
    ready, _, _ = select.select([terminal], [], [], 120)
    if not ready:
        os.kill(child, 9)
        break
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        # The other end is closed.
        break
    if not chunk:
        break
    shown += chunk
    while answers and (at := shown.find(answers[0][0].encode(), seen)) >= 0:
        seen = at + len(answers[0][0])
        os.write(terminal, answers.pop(0)[1].encode())
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(shown)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status) % 256)
