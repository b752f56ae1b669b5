"""Links that can be slow, cut and half-open: relays of bytes between a process and what it talks to."""

import asyncio
import collections
import socket
import struct
import threading

CHUNK = 65536
BACKLOG = 256
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: to close is to reset
UP, DOWN = "up", "down"  # from who connects to who listens, and back


class Pair:
    """One connection through a link, and what is on its way in both directions."""

    def __init__(self):
        self.writers = []
        self.lost_bytes = False

    def reset(self):
        for writer in self.writers:
            with_socket = writer.get_extra_info("socket")
            if with_socket is not None and not writer.is_closing():
                with_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                writer.transport.abort()


class Link:
    """A relay at `port` to one of `targets`, in turn per connection: (host, port) or the path of a socket.

    delay_ms per direction; is_held: what comes stays on its way until the link is healed, as packets that are
    sent again and again do, and who hung up meanwhile is heard behind it; is_silent: what comes is lost, and
    nobody hangs up; is_away: whoever comes is reset.
    """

    def __init__(self, name, port, targets):
        self.name, self.port = name, port
        self.targets = collections.deque(targets)
        self.pairs = set()
        self.heal_state()

    def heal_state(self):
        self.delay_ms = {UP: 0, DOWN: 0}
        self.is_held = self.is_silent = self.is_away = False

    async def listen(self):
        self.moved = asyncio.Condition()
        return await asyncio.start_server(self.serve, "127.0.0.1", self.port, backlog=BACKLOG)

    async def connect(self):
        target = self.targets[0]
        self.targets.rotate(-1)
        if isinstance(target, str):
            return await asyncio.open_unix_connection(target)
        return await asyncio.open_connection(*target)

    async def serve(self, reader, writer):
        pair = Pair()
        pair.writers.append(writer)
        self.pairs.add(pair)
        try:
            if self.is_away:
                raise OSError
            far_reader, far_writer = await self.connect()
            pair.writers.append(far_writer)
            await asyncio.gather(self.carry(pair, UP, reader, far_writer),
                                 self.carry(pair, DOWN, far_reader, writer))
        except (OSError, asyncio.CancelledError):
            pair.reset()
        finally:
            self.pairs.discard(pair)
            for one in pair.writers:
                one.close()

    async def carry(self, pair, way, reader, writer):
        """Reads at once and writes when it is time, so that a delay does not shorten what is on its way."""
        on_its_way = asyncio.Queue()
        deliver = asyncio.create_task(self.deliver(way, on_its_way, writer))
        loop = asyncio.get_running_loop()
        try:
            while True:
                data = await reader.read(CHUNK)
                if self.is_silent:
                    pair.lost_bytes = True
                else:
                    on_its_way.put_nowait((loop.time() + self.delay_ms[way] / 1000, data))
                if not data:
                    break
            if not self.is_silent:
                await deliver
        finally:
            deliver.cancel()

    async def deliver(self, way, on_its_way, writer):
        loop = asyncio.get_running_loop()
        while True:
            due, data = await on_its_way.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            async with self.moved:
                await self.moved.wait_for(lambda: not self.is_held)
            if not data:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()

    async def change(self, action):
        action()
        async with self.moved:
            self.moved.notify_all()

    def cut(self):
        for pair in list(self.pairs):
            pair.reset()

    def heal(self):
        """Whoever lost bytes can never go on; the others do."""
        self.heal_state()
        for pair in [pair for pair in self.pairs if pair.lost_bytes]:
            pair.reset()

    def leave(self):
        self.is_away = True
        self.cut()


class Links:
    """All links of an installation, by name, on a thread of their own."""

    def __init__(self, ports):
        self._ports = ports
        self.links = {}
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def add(self, name, targets):
        link = Link(name, next(self._ports), targets)
        self._run(link.listen())
        self.links[name] = link

    def ports(self):
        return {name: link.port for name, link in self.links.items()}

    def names(self, part=""):
        return sorted(name for name in self.links if part in name)

    def slow(self, name, delay_ms, ways=(UP, DOWN)):
        self._change(name, lambda link: link.delay_ms.update({way: delay_ms for way in ways}))

    def hold(self, name):
        self._change(name, lambda link: setattr(link, "is_held", True))

    def silence(self, name):
        self._change(name, lambda link: setattr(link, "is_silent", True))

    def cut(self, name):
        self._change(name, Link.cut)

    def leave(self, name):
        self._change(name, Link.leave)

    def heal(self, name):
        self._change(name, Link.heal)

    def _change(self, name, action):
        link = self.links[name]
        self._run(link.change(lambda: action(link)))
