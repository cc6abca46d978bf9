# SPDX-License-Identifier: GPL-2.0
"""put_server.py ADDRESS PORT DIRECTORY: gives and takes files by HTTP."""
import functools
import http.server
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_PUT(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        with open(self.translate_path(self.path), "wb") as file:
            file.write(data)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    where, port, directory = sys.argv[1:]
    serve = functools.partial(Handler, directory=directory)
    http.server.ThreadingHTTPServer((where, int(port)), serve).serve_forever()
