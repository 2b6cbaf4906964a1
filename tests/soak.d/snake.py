"""A service of the soak in Python, after autobus-protocol(7) alone: snake.py FILE, which is written each second. It counts
as the rooms do (peer.h), and SIGUSR1 stops its object there."""
import asyncio, contextlib, os, signal, sys
from autobus import Bus, Service

async def main(path):
    loop, task, resting = asyncio.get_running_loop(), asyncio.current_task(), []
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    loop.add_signal_handler(signal.SIGUSR1, resting.append, True)
    async with Bus() as bus:
        snake = Service(bus, {"type": "soak.tool", "name": "snake"})
        snake.set("count", 0)
        snake.declare("events", "tick")
        number = value = 0
        while True:
            number += 1
            if not resting:
                value = number
                snake.set("count", value)
            snake.fire("tick", number)
            with open(path + ".new", "w") as file:
                print(f"id {snake.id}\nnumber {number}\nvalue {value}", file=file)
            os.rename(path + ".new", path)
            await asyncio.sleep(1)

with contextlib.suppress(asyncio.CancelledError):
    asyncio.run(main(sys.argv[1]))
