// Files into a container: over a websocket, as fast as the host takes them; progress, cancel, several one after the other.

const store = document.getElementById("upload-words")?.content;
const word = (name) => store.querySelector(`[data-word="${name}"]`).textContent;
const PIECE = 128 * 1024;
const PING_EVERY = 15_000;

class Upload {
  constructor(form, file) {
    this.form = form;
    this.file = file;
    this.sent = this.allowed = this.written = 0;
    this.row = store.querySelector("[data-part]").cloneNode(true);
    this.row.querySelector("[data-name]").textContent = file.name;
    this.bar = this.row.querySelector("progress");
    this.text = this.row.querySelector("[data-text]");
    this.button = this.row.querySelector("button");
    this.button.addEventListener("click", () => this.cancel());
    this.state("waiting");
  }

  /** Resolves to whether the file is there, whole. */
  run() {
    if (this.over) return Promise.resolve(false);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}${this.form.dataset.upload}`);
    this.began = performance.now();
    this.state("under-way");
    this.show();
    this.ping = setInterval(() => this.say({ ping: 1 }), PING_EVERY);
    return new Promise((resolve) => {
      this.end = resolve;
      this.socket.onopen = () => this.say({ put: { folder: this.form.elements.path.value, name: this.file.name, size: this.file.size } });
      this.socket.onmessage = (event) => this.heard(JSON.parse(event.data));
      this.socket.onclose = () => this.finish(false, this.problem?.detail ?? word("lost"));
    });
  }

  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(message instanceof ArrayBuffer ? message : JSON.stringify(message));
  }

  heard(message) {
    if (message.problem) this.problem = message.problem;
    if (message.done) this.finish(true, word("done"));
    if (message.take === undefined) return;
    this.allowed = message.take;
    this.written = message.written;
    this.show();
    this.pump();
  }

  async pump() {
    if (this.pumping) return;
    this.pumping = true;
    try {
      while (!this.over && this.sent < Math.min(this.allowed, this.file.size)) {
        const end = Math.min(this.sent + PIECE, this.allowed, this.file.size);
        const data = await this.file.slice(this.sent, end).arrayBuffer();
        this.sent = end;
        this.say(data);
      }
    } catch {
      this.problem = { detail: word("unreadable") };
      this.socket.close();
    } finally {
      this.pumping = false;
    }
  }

  cancel() {
    this.finish(false, word(this.written ? "cancelled" : "not-begun"));
    this.say({ cancel: 1 });
    this.socket?.close();
  }

  show() {
    if (this.over) return;
    const seconds = (performance.now() - this.began) / 1000;
    const share = this.file.size ? this.written / this.file.size : 0;
    this.bar.value = share * 100;
    const speed = seconds > 1 ? ` · ${size(this.written / seconds)}/s` : "";
    this.text.textContent = `${size(this.written)} / ${size(this.file.size)}${speed}`;
  }

  state(name) {
    this.row.dataset.state = name;
  }

  finish(good, text) {
    if (this.over) return;
    this.over = true;
    clearInterval(this.ping);
    this.state(good ? "done" : "failed");
    this.bar.classList.add(good ? "ok" : "bad");
    if (good) this.bar.value = 100;
    this.text.textContent = good ? `${text} · ${size(this.file.size)}` : text;
    this.button.hidden = true;
    this.end?.(good);
  }
}

function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  for (; bytes >= 999.5 && at < units.length - 1; at += 1) bytes /= 1000;
  return `${bytes.toFixed(at && bytes < 100 ? 1 : 0)} ${units[at]}`;
}

function start(form) {
  const list = document.getElementById("uploads");
  const input = form.elements.file;
  const queue = [];
  let busy = false;
  input.multiple = true;
  form.querySelector("[data-limit]").hidden = true;

  async function work() {
    if (busy) return;
    busy = true;
    let written = false;
    for (let upload; (upload = queue.shift());) written = (await upload.run()) || written;
    busy = false;
    if (written) window.htmx?.ajax("GET", location.href, { target: "#files", select: "#files", swap: "outerHTML" });
  }

  function add(files) {
    for (const file of files) {
      const upload = new Upload(form, file);
      list.append(upload.row);
      queue.push(upload);
    }
    list.hidden = false;
    work();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    add([...input.files]);
    form.reset();
  });
  for (const kind of ["dragover", "drop"]) {
    form.addEventListener(kind, (event) => {
      event.preventDefault();
      if (kind === "drop") add([...event.dataTransfer.files].filter((file) => file.size || file.type));
    });
  }
  window.addEventListener("beforeunload", (event) => {
    if (busy) event.preventDefault();
  });
}

const form = document.querySelector("form[data-upload]");
if (form && store) start(form);
