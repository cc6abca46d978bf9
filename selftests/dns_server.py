# SPDX-License-Identifier: GPL-2.0
"""dns_server.py ADDRESS: answers any question, by UDP and by TCP, with the
address that it came from, as an A record."""
import socket
import socketserver
import struct
import sys
import threading

RESPONSE, RECURSION_DESIRED, AUTHORITATIVE = 0x8000, 0x0100, 0x0400
TYPE_A, CLASS_IN, NAME_OF_QUESTION = 1, 1, 0xc00c


def answer(query, client):
    number, flags = struct.unpack_from("!HH", query)
    end = query.index(b"\0", 12) + 5
    header = struct.pack("!6H", number, RESPONSE | AUTHORITATIVE | flags & RECURSION_DESIRED,
                         1, 1, 0, 0)
    record = struct.pack("!HHHIH", NAME_OF_QUESTION, TYPE_A, CLASS_IN, 0, 4)
    return header + query[12:end] + record + socket.inet_aton(client[0])


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        query, sock = self.request
        sock.sendto(answer(query, self.client_address), self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        size, = struct.unpack("!H", self.rfile.read(2))
        reply = answer(self.rfile.read(size), self.client_address)
        self.wfile.write(struct.pack("!H", len(reply)) + reply)


if __name__ == "__main__":
    udp = socketserver.UDPServer((sys.argv[1], 53), Datagram)
    tcp = socketserver.TCPServer((sys.argv[1], 53), Stream)
    threading.Thread(target=udp.serve_forever, daemon=True).start()
    tcp.serve_forever()
