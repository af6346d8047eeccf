// One socket to the portal that says what it has taken, and comes back by itself.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const PING_EVERY = 15_000;
const PONG_WITHIN = 10_000;
const FINAL = new Set([4400, 4401, 4403, 4404, 4429]);

export class Socket {
  /** path: of the websocket. on: {open(), message(data), state(word, problem)}; binary frames come as ArrayBuffer. */
  constructor(path, on) {
    this.path = path;
    this.on = on;
    this.failures = 0;
    this.over = false;
    this.problem = null;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const mine = new WebSocket(`${scheme}://${location.host}${this.path}`);
    mine.binaryType = "arraybuffer";
    this.socket = mine;
    this.taken = 0;
    this.on.state("connecting");
    mine.onopen = () => {
      this.failures = 0;
      this.ping = setInterval(() => this.beat(), PING_EVERY);
      this.on.state("live");
      this.on.open();
    };
    mine.onmessage = (event) => this.heard(event.data);
    mine.onclose = (event) => this.lost(mine, event.code);
  }

  heard(data) {
    clearTimeout(this.deadline);
    if (typeof data !== "string") {
      this.on.message(data);
      return;
    }
    const message = JSON.parse(data);
    if (message.pong) return;
    if (message.problem) this.problem = message.problem;
    else this.on.message(message, data.length);
  }

  /** So many bytes of counted messages were taken. */
  took(size) {
    this.taken += size;
    if (!this.told) {
      this.told = true;
      queueMicrotask(() => {
        this.told = false;
        this.send({ ack: this.taken });
      });
    }
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(message instanceof Uint8Array ? message : JSON.stringify(message));
  }

  beat() {
    this.send({ ping: 1 });
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.lost(this.socket, 0), PONG_WITHIN);
  }

  lost(which, code) {
    if (which !== this.socket) return;
    clearInterval(this.ping);
    clearTimeout(this.deadline);
    this.socket = null;
    which.onclose = null;
    which.close();
    if (this.over) return;
    if (FINAL.has(code) || this.problem) {
      this.over = true;
      this.on.state("over", this.problem);
      return;
    }
    this.failures += 1;
    this.on.state("lost");
    setTimeout(() => !this.over && this.connect(), Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.failures));
  }

  close() {
    this.over = true;
    this.socket?.close();
  }
}
