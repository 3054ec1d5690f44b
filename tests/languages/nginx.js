// nginx with the example's configuration, on ports and paths of a test.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CONFIGURATION = new URL("../../clients/examples/nginx/app.example.conf", import.meta.url);

export class Nginx {
  /** In front of siwn and of the application. */
  static async start({ port, siwn, application }) {
    const nginx = Object.assign(new Nginx(), { port, folder: mkdtempSync(join(tmpdir(), "siwn-nginx-")) });
    writeFileSync(join(nginx.folder, "nginx.conf"), nginx.#configuration({ siwn, application }));
    nginx.process = spawn("nginx", ["-e", "stderr", "-p", nginx.folder, "-c", join(nginx.folder, "nginx.conf")]);
    nginx.ended = once(nginx.process, "exit");
    await new Promise((resolve, reject) => {
      let words = "";
      // It says so when its workers are there.
      nginx.process.stderr.on("data", (text) => (words += text).includes("start worker process ") && resolve());
      nginx.ended.then(() => reject(new Error(words)));
    });
    return nginx;
  }

  #configuration({ siwn, application }) {
    const tls = ["-keyout", `${this.folder}/key.pem`, "-out", `${this.folder}/fullchain.pem`];
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=app.example"];
    const { status, stderr } = spawnSync("openssl", [...made, ...tls], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    const changes = {
      "listen 443": `listen 127.0.0.1:${this.port}`,
      "/etc/ssl/app.example/": `${this.folder}/`,
      "127.0.0.1:8080": `127.0.0.1:${siwn}`,
      "127.0.0.1:3000": `127.0.0.1:${application}`,
    };
    const server = Object.entries(changes).reduce((text, [from, to]) => {
      assert.ok(text.includes(from), `it says ${from}`);
      return text.replaceAll(from, to);
    }, readFileSync(CONFIGURATION, "utf8"));
    mkdirSync(join(this.folder, "temporary"));
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${this.folder}/temporary/${kind};`);
    const user = process.geteuid() === 0 ? "user root;" : "";
    return `${user} daemon off; pid ${this.folder}/pid; error_log stderr notice; worker_processes 1; events {}
      http { access_log off; ${temporary.join(" ")} ${server} }`;
  }

  async stop() {
    this.process.kill("SIGTERM");
    await this.ended;
    rmSync(this.folder, { recursive: true });
  }
}
