"""An endpoint of OpenAI's chat completions that streams one answer, for the model yiju-writer: run, it prints its base
address and serves until it is killed."""

import http.server
import json
import threading
import time

ANSWER = "推动超大特大城市控制超大城市的规模，合理有序疏解非核心功能[1]。超大城市的规模控制在九百万人以内[1]。"


class Endpoint(http.server.ThreadingHTTPServer):
    """Streams `answer`, `size` characters an event, with `pause` seconds before each; `asked` and `first` are when the
    last request came and when the end of its first sentence was sent."""

    daemon_threads = True

    def __init__(self, answer=ANSWER, size=3, pause=0.0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.size, self.pause = answer, size, pause
        self.asked = self.first = None
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        server.asked, server.first = time.perf_counter(), None
        json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        sent = ""
        try:
            for at in range(0, len(server.answer), server.size):
                time.sleep(server.pause)
                piece = server.answer[at : at + server.size]
                self.event({"delta": {"content": piece}, "finish_reason": None})
                sent += piece
                if server.first is None and "。" in sent:
                    server.first = time.perf_counter()
            self.event({"delta": {}, "finish_reason": "stop"})
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            pass  # The reader had enough.

    def event(self, choice):
        chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]}
        self.wfile.write(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    print(Endpoint().url, flush=True)
    threading.Event().wait()
