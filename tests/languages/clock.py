"""`clock.py MODULE PORT`: an example in Python whose clocks go on by as many seconds as each line on standard input says."""

import datetime
import os
import sys
import threading
import time

REAL = {name: getattr(time, name) for name in ("time", "monotonic")}
ahead = 0


class Moved(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().fromtimestamp(time.time(), tz)


def listen():
    global ahead
    for line in sys.stdin:
        ahead += int(line)
        print(f"{ahead} s ahead", flush=True)


for name, read in REAL.items():
    setattr(time, name, lambda read=read: read() + ahead)
datetime.datetime = Moved
threading.Thread(target=listen, daemon=True).start()

import uvicorn  # noqa: E402  (whoever is imported from here on reads the clocks above)

sys.path.insert(0, os.getcwd())
uvicorn.run(f"{sys.argv[1]}:app", host="127.0.0.1", port=int(sys.argv[2]), access_log=False)
