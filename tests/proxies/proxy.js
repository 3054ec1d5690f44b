// nginx and Caddy with the configurations of deploy/, on ports and paths of a test.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

const DEPLOY = new URL("../../deploy/", import.meta.url).pathname;
const LONGEST_START = 15_000;

/** A file of deploy/, with each of these texts replaced. None of them may be missing. */
export function adapted(file, changes) {
  return Object.entries(changes).reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `${file} says ${from}`);
    return text.replaceAll(from, to);
  }, readFileSync(join(DEPLOY, file), "utf8"));
}

/** A proxy that runs; `port` is where it speaks https. */
class Proxy {
  constructor(name, port, command, args, options) {
    Object.assign(this, { name, port, said: "" });
    this.process = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    this.ended = once(this.process, "exit");
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on("data", (text) => (this.said += text));
  }

  /** Answers when it listens. */
  async ready() {
    const until = Date.now() + LONGEST_START;
    while (!(await listens(this.port))) {
      assert.equal(this.process.exitCode, null, `${this.name} ended: ${this.said}`);
      assert.ok(Date.now() < until, `${this.name} does not listen: ${this.said}`);
    }
  }

  stop() {
    this.process.kill("SIGTERM");
    return this.ended;
  }
}

export function nginx(folder, { https, siwn, application, files }) {
  const home = join(folder, "nginx");
  for (const each of ["siwn", "conf.d", "temporary"]) mkdirSync(join(home, each), { recursive: true });
  const names = readdirSync(join(DEPLOY, "nginx"));
  for (const name of names) {
    const isSite = name.endsWith(".example.conf");
    const host = name.replace(".conf", "");
    const changes = {
      ...(isSite && { "listen 443": `listen 127.0.0.1:${https}`, "/etc/nginx/siwn/": `${home}/siwn/`, [`/etc/ssl/${host}/`]: `${folder}/${host}.` }),
      ...(name === "siwn.conf" && { "listen 443": `listen 127.0.0.1:${https}`, "127.0.0.1:8080": `127.0.0.1:${siwn}` }),
      ...(name === "app.example.conf" && { "127.0.0.1:3000": `127.0.0.1:${application}` }),
      ...(name === "grafana.example.conf" && { "127.0.0.1:3001": `127.0.0.1:${application}` }),
      ...(name === "files.example.conf" && { "/srv/files.example": files }),
    };
    if (isSite) certify(folder, host);
    writeFileSync(join(home, ["site.conf", "protect.conf"].includes(name) ? "siwn" : "conf.d", name), adapted(`nginx/${name}`, changes));
  }
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${home}/temporary/${kind};`);
  // Whoever runs the tests owns the files: root would hand them to somebody else.
  const user = process.geteuid() === 0 ? "user root;" : "";
  const whole = `${user} daemon off; pid ${home}/pid; error_log stderr warn; worker_processes 1; events {}
    http { access_log off; include /etc/nginx/mime.types; ${temporary.join(" ")} include ${home}/conf.d/*.conf; }`;
  writeFileSync(join(home, "nginx.conf"), whole);
  return new Proxy("nginx", https, "nginx", ["-e", "stderr", "-p", home, "-c", join(home, "nginx.conf")]);
}

export function caddy(folder, ports) {
  const { home, env } = caddyfile(folder, "caddy", ports);
  return new Proxy("Caddy", ports.https, "caddy", ["run", "--config", join(home, "Caddyfile"), "--adapter", "caddyfile"], { env });
}

/** As in versions whose `copy_headers` sets nothing where the answer's header is empty. */
export function sparingCaddy(folder, ports) {
  const { home, env } = caddyfile(folder, "sparing-caddy", ports);
  const { status, stdout, stderr } = spawnSync("caddy", ["adapt", "--config", join(home, "Caddyfile"), "--adapter", "caddyfile"], { env, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  let spared = 0;
  const sparing = JSON.parse(stdout, (key, value) => {
    if (key !== "handle_response") return value;
    const [{ match, routes }] = value;
    const copied = Object.entries(routes[0].handle[0].request.set);
    spared += copied.length;
    const route = ([name, [from]]) => ({
      match: [{ not: [{ vars: { [from]: [""] } }] }],
      handle: [{ handler: "headers", request: { set: { [name]: [from] } } }],
    });
    return [{ match, routes: copied.map(route) }];
  });
  assert.ok(spared > 0);
  writeFileSync(join(home, "caddy.json"), JSON.stringify(sparing));
  return new Proxy("sparing Caddy", ports.https, "caddy", ["run", "--config", join(home, "caddy.json")], { env });
}

function caddyfile(folder, name, { https, siwn, application, files }) {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  const sites = adapted("caddy/Caddyfile", {
    "127.0.0.1:8080": `127.0.0.1:${siwn}`,
    "127.0.0.1:3000": `127.0.0.1:${application}`,
    "127.0.0.1:3001": `127.0.0.1:${application}`,
    "/srv/files.example": files,
  });
  // Certificates of its own making, and no other port than this one.
  const global = `{
    admin off
    local_certs
    skip_install_trust
    auto_https disable_redirects
    default_bind 127.0.0.1
    https_port ${https}
  }`;
  writeFileSync(join(home, "Caddyfile"), `${global}\n${sites}`);
  const env = { PATH: process.env.PATH, HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home };
  return { home, env };
}

function certify(folder, host) {
  const files = ["-keyout", `${folder}/${host}.key.pem`, "-out", `${folder}/${host}.fullchain.pem`];
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", `/CN=${host}`];
  const { status, stderr } = spawnSync("openssl", [...made, "-addext", `subjectAltName=DNS:${host}`, ...files], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

async function listens(port) {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
