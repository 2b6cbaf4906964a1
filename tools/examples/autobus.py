#!/usr/bin/env python3
"""Autobus 2 for Python 3.11 on Linux, from autobus-protocol(7), whose sections are in brackets.

    async with Bus() as bus:
        Service(bus, {"type": "lamp"}).set("on", False)  # and its function(f), fire("event")
        async for remote in bus.bind({"type": "lamp"}):  # a client; the next one when it is lost
            async for value in remote.follow("watch", "on"): ...  # or await remote.call("f", 1)"""
import asyncio, fcntl, fnmatch, inspect, ipaddress, json, os, random, secrets, signal, socket, sys
from contextlib import asynccontextmanager, closing, suppress
from time import monotonic as now

PORT = int(os.environ.get("AUTOBUS_DISCOVERY_PORT", 52722))
COMMANDS = ("bind", "call", "watch", "listen", "unwatch", "unlisten")
LINE, DATAGRAM, NAME, FOLLOWS, ROUTES = 1 << 20, 16384, 255, 4096, 16384  # the most [4]
ALIVE = {socket.TCP_KEEPIDLE: 10, socket.TCP_KEEPINTVL: 5, socket.TCP_USER_TIMEOUT: 10000}  # [2.7]

class Error(Exception):
    """An error with a type for programs [2.5]. A function raises it to choose type, text, more."""
    def __init__(self, type, text="", /, **more):
        super().__init__(f"{type}: {text}")
        self.error = {**more, "type": type, "text": text or type}

def sound(value, depth=64):  # nobody need refuse it [4]
    if isinstance(value, dict): value = [*value, *value.values()]
    if isinstance(value, (list, tuple)): return depth and all(sound(v, depth - 1) for v in value)
    return "\0" not in str(value) and (not isinstance(value, int) or value.bit_length() < 64)
def encode(value):  # a ValueError if others refuse it: also NaN, and a half of a surrogate pair [4]
    data = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    if sound(value) and len(data) <= LINE: return data
    raise ValueError("too long or deep, a U+0000, or an integer of more than 64 bits")
def decode(data):  # an object that can be passed on, or else an empty one
    try: return encode(value := {**json.loads(data)}) and value
    except (TypeError, ValueError, RecursionError): return {}

class Peer:
    """An end of a connection [2]. This one opened it, to call, or to follow one thing."""
    def __init__(self, reader, writer):
        self.reader, self.writer, self.input = reader, writer, self.messages()
        (s := writer.get_extra_info("socket")).setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in ALIVE.items(): s.setsockopt(socket.IPPROTO_TCP, option, value)
    async def messages(self):  # what is none is dropped; a line over the limit ends it all [2.5]
        with suppress(OSError, ValueError), closing(self.writer):
            async for line in self.reader:
                if (message := decode(line)).get("_type") in (1, 2, 3): yield message
                await self.writer.drain()  # who does not read what is sent is not read either [4]
    def send(self, type, **message):
        self.writer.write(encode({"_type": type, **message}) + b"\r\n")
        if self.writer.transport.get_write_buffer_size() > 8 * LINE: self.writer.transport.abort()
    async def request(self, command, **keys):
        self.send(1, _id=(id := secrets.token_hex(4)), _command=command, **keys)
        async for message in self.input:
            if message["_type"] == 2 and message.get("_id") == id:
                match message.get("exception", message.get("_error")):  # either will do [2.5]
                    case dict(e): raise Error(e.pop("type", "exception"), e.pop("text", ""), **e)
                    case str(text): raise Error("exception", text)
                return message
        raise ConnectionError("the connection is lost")
    async def call(self, name, *args):
        return (await self.request("call", name=name, args=args)).get("result")
    async def follow(self, verb, name):  # values, or ... while there is none; lists of arguments
        reply = await self.request(verb, name=name)
        if verb == "watch": yield reply.get("value", ...)
        async for message in self.input:
            if message["_type"] == 1: self.send(2, _id=message.get("_id"))
            if message.get("_command") == "changed": yield message.get("value", ...)
            if message.get("_command") == "fired": yield message.get("args")

class Server(Peer):
    """The end that accepted [2.3]. It does one command after the other."""
    async def run(self, bus):
        self.bus, self.service, self.follows = bus, None, set()
        bus.loop.call_later(5 * (len(bus.tasks) < 900), lambda: self.service or self.writer.close())
        with suppress(ValueError), closing(self.writer):  # too long, with its _id and name alone
            async for message in self.input:
                try: encode(reply := await self.obey(message))
                except Exception as error:
                    if not isinstance(error, Error): error = Error("exception", repr(error))
                    reply = {"_error": error.error, "exception": error.error}
                if message["_type"] == 1: self.send(2, _id=message.get("_id"), **reply)
                if "value" in reply and not self.exists: self.send(3, _command="changed", **reply)
                if not self.service: break
        if self.service: self.service.clients.remove(self)
    async def obey(self, message):
        match message:
            case {"_command": "bind", "service": str() | None as id}:
                if self.service: raise Error("already_bound")
                self.service = self.bus.services.get(id or self.bus.details.id)
                if not self.service: raise Error("no_such_service")
                self.service.clients.add(self)
                self.exists = "exists" in message.get("extensions", [])
                return {"service": self.service.id, "extensions": ["exists"] * self.exists}
            case _ if not self.service: raise Error("not_bound")
            case {"_command": "ping"}: return {}
            case {"_command": "call", "name": str(name), "args": list(args)}:
                return {"result": await self.service.call(name, args)}
            case {"_command": "watch" | "listen" as verb, "name": str(name)}:
                if (verb, name) in self.follows: raise Error(f"already_{verb}ing")
                if len(self.follows) >= FOLLOWS or len(name) > NAME: raise Error("too_large")
                self.follows.add((verb, name))
                return {"name": name, **self.service.values.get((verb, name), {})}
            case {"_command": "unwatch" | "unlisten" as verb, "name": str(name)}:
                if (verb[2:], name) not in self.follows: raise Error(f"not_{verb[2:]}ing")
                self.follows.remove((verb[2:], name))
                return {"name": name, **({"value": None} if verb == "unwatch" else {})}
        raise Error("bad_message" if message.get("_command") in COMMANDS else "no_such_command")

class Service:
    """What a bus publishes [3]: functions, events, and objects."""
    def __init__(self, bus, info, doc=None):
        self.bus, self.functions, self.clients, self.id = bus, {}, set(), secrets.token_hex(16)
        info = {"hostname": socket.gethostname().split(".")[0], **info}
        self.route = {"port": bus.port, "service": self.id, "info": info}
        self.lists = {"functions": {}, "events": {}, "objects": {}}
        self.details = {"info": info, **({"doc": doc} if doc else {}), **self.lists}
        own = {"doc": doc, **self.lists}.items()
        self.values = {("watch", "autobus." + name): {"value": value} for name, value in own}
        bus.services[self.id], bus.details = self, bus.details or self  # the first is the bus's own
        bus.details.set("details", bus.get_details())
        bus.spawn(bus.send("add", (0, 1, 2)))
    def declare(self, kind, name, doc=None):
        self.lists[kind][name] = {"doc": doc} if doc else {}
        self.tell("watch", "changed", "autobus." + kind, value=self.lists[kind])
        self.bus.details.set("details", self.bus.get_details())
    def function(self, function):  # its name and documentation are published with it
        self.functions[function.__name__] = function
        self.declare("functions", function.__name__, function.__doc__)
    def set(self, name, value, doc=None):  # publishes an object, or changes its value
        self.values["watch", name] = json.loads(encode({"value": value}))
        self.tell("watch", "changed", name, value=value)
        if name not in self.lists["objects"]: self.declare("objects", name, doc)
    def fire(self, name, *args): self.tell("listen", "fired", name, args=args)
    def tell(self, verb, command, name, **keys):
        for client in [client for client in self.clients if (verb, name) in client.follows]:
            client.send(3, _command=command, name=name, **keys)
    async def call(self, name, args):
        if name not in self.functions: raise Error("no_such_function")
        try: inspect.signature(self.functions[name]).bind(*args)
        except TypeError as error: raise Error("bad_arguments", str(error)) from error
        result = self.functions[name](*args)
        return await result if inspect.isawaitable(result) else result

class Bus(asyncio.DatagramProtocol):
    """Discovery [1], and what is published with it and found."""
    async def __aenter__(self):
        self.services, self.details, self.routes, self.tasks = {}, None, {}, set()
        self.networks, self.due, self.answer, self.probes = networks(), 0, 0, asyncio.Semaphore(8)
        udp, self.loop = socket.socket(type=socket.SOCK_DGRAM), asyncio.get_running_loop()
        for o in (socket.SO_REUSEADDR, socket.SO_BROADCAST): udp.setsockopt(socket.SOL_SOCKET, o, 1)
        udp.bind(("", PORT))
        self.udp, _ = await self.loop.create_datagram_endpoint(lambda: self, sock=udp)
        host = "127.0.0.1" if all(network.is_loopback for network in self.networks) else "0.0.0.0"
        accept = lambda *ends: self.spawn(Server(*ends).run(self))
        self.tcp = await asyncio.start_server(accept, host, limit=LINE)
        self.port = self.tcp.sockets[0].getsockname()[1]
        Service(self, {"type": "autobus.details", "pid": os.getpid()}).function(self.get_details)
        self.spawn(self.attend())
        self.spawn(self.send("add", iter(lambda: random.uniform(10, 15), None)))
        return self
    async def __aexit__(self, *_):
        self.answer = float("inf")  # no more
        for task in self.tasks: task.cancel()
        await self.send("remove", (0, .04, .04))
        for end in self.udp, self.tcp: end.close()
    def spawn(self, work):
        self.tasks = {t for t in self.tasks if not t.done()} | {asyncio.create_task(work)}
    def get_details(self): return {id: service.details for id, service in self.services.items()}
    async def send(self, command, pauses):  # to loopback first, but for remove last [1.2]
        for pause in pauses:
            await asyncio.sleep(pause)
            services = self.services.values() if len(self.services) > 1 else ()  # not details alone
            for route in [{}] if command == "query" else [service.route for service in services]:
                for network in self.networks[:: -1 if command == "remove" else 1]:
                    self.udp.sendto(encode({"command": command, **route}), (str(network[-1]), PORT))
    async def attend(self, before=()):  # asks [1.3], and probes who is silent for 30 s [1.4]
        while True:
            if set(self.networks) - set(before): self.spawn(self.send("query", (0, .5, 1, 2, 4, 7)))
            for route, entry in self.routes.items():
                if now() - entry[1] > 30:
                    entry[1] += 15  # when the next probe is due
                    self.spawn(self.probe(route))
            await asyncio.sleep(1)
            before, self.networks = self.networks, networks()
    async def probe(self, route):
        try:
            async with self.probes, self.connect(*route): self.routes[route][1] = now()
        except (OSError, Error, KeyError): self.routes.pop(route, None)
    def datagram_received(self, data, address):
        host = ipaddress.ip_address(address[0])
        if len(data) > DATAGRAM or not any(host in network for network in self.networks): return
        match decode(data):
            case {"command": "query"} if self.answer <= now():  # else the one that waits will do
                self.due = max(self.due, now() - 5) + .5  # 10 at once, and then 2 in a second
                spread = .001 + .001 * min(99, len(self.routes))
                self.answer = max(self.due, now() + random.uniform(.001, spread))
                self.spawn(self.send("add", [self.answer - now()]))
            case {"command": "add", "service": str(id), "port": int(port), "info": dict(info)} \
                    if 0 < port < 65536 and len(id) < 256 and len(self.routes) < ROUTES:
                info |= {"service": id, "host": address[0], "port": port}
                self.routes[id, address[0], port] = [info, now()]
            case {"command": "remove", "service": str(id), "port": int(port)}:
                self.routes.pop((id, address[0], port), None)
    def found(self, wanted):  # routes to services whose info has all that is wanted, loopback first
        routes = [route for route in self.routes if wanted.items() <= self.routes[route][0].items()]
        return sorted(routes, key=lambda route: route[1] != "127.0.0.1")
    @asynccontextmanager
    async def connect(self, id, host, port):
        opening = asyncio.open_connection(host, port, limit=LINE)
        with closing((peer := Peer(*await asyncio.wait_for(opening, 10))).writer):
            await asyncio.wait_for(peer.request("bind", service=id, extensions=["exists"]), 10)
            yield peer
    async def bind(self, wanted, pause=.2):  # connections: when one has ended, the next [2.7]
        while True:
            for route in (routes := self.found(wanted)):
                with suppress(OSError, Error):
                    async with self.connect(*route) as peer: yield peer
                self.spawn(self.probe(route))
            await asyncio.sleep(random.random() * (pause := min(20, 2 * pause) if routes else .2))

def networks():  # of the interfaces that discovery uses, loopback first; the last address is all's
    globs, found = os.environ.get("AUTOBUS_INTERFACES", "*").split(","), []
    with socket.socket(type=socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # it has no address
                address, mask = (fcntl.ioctl(asked, request, name.encode().ljust(40, b"\0"))[20:24]
                                 for request in (0x8915, 0x891B))  # SIOCGIFADDR, SIOCGIFNETMASK
                if any(fnmatch.fnmatch(name, glob) for glob in globs):
                    found.append(ipaddress.ip_network((address, socket.inet_ntoa(mask)), False))
    return sorted(found, key=lambda network: not network.is_loopback)

async def main(verb="browse", service="", name="", *args):
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    wanted = dict(term.split("=", 1) for term in service.split(",") if term)
    async with Bus() as bus:
        if verb == "browse":  # [KEY=VALUE,…]
            await asyncio.sleep(1)
            for route in bus.found(wanted): print(json.dumps(bus.routes[route][0]))
        elif verb == "serve":  # KEY=VALUE,…, with functions to set objects and fire events
            for function in (own := Service(bus, wanted)).set, own.fire: own.function(function)
            await asyncio.Event().wait()
        else:  # call KEY=VALUE,… FUNCTION [JSON…], or watch … OBJECT, or listen … EVENT
            async for client in bus.bind(wanted):
                if verb == "call":
                    return print(json.dumps(await client.call(name, *map(json.loads, args))))
                with suppress(OSError):
                    async for item in client.follow(verb, name):
                        if item is not ...: print(json.dumps(item), flush=True)

if __name__ == "__main__":
    try: asyncio.run(main(*sys.argv[1:]))
    except (Error, asyncio.CancelledError, KeyboardInterrupt) as end: sys.exit(str(end) or 0)
