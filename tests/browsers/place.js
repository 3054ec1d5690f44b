// A world to log in to, and an engine that finds all of it.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { body } from "../e2e/hosts.js";
import { world } from "../e2e/world.js";
import { tunnel } from "./tunnel.js";

/**
 * A place for a whole file of tests.
 * @param {{ start: (proxy: number) => Promise<any> }} engine
 */
export function place(engine) {
  const reports = [];
  const here = {
    /** A visit with a browser of its own, of which the page has asked for nothing that its policy forbids, and of which nothing else is told. */
    visit: (work) => async () => {
      const visit = await here.engine.enter();
      try {
        await work(await visit.tab(), visit);
        assert.deepEqual([...visit.faults, ...reports], []);
      } finally {
        reports.length = 0;
        await visit.leave();
      }
    },
    reports,
  };
  const close = [];
  before(async () => {
    // Engines tell of what a policy blocked in ways of their own, and each in this one.
    const sites = { "reports.example": async (asked, answer) => (reports.push(await body(asked)), answer.writeHead(204).end()) };
    const around = await world({}, undefined, { sites, changed: reporting });
    close.push(() => around.end());
    const proxy = await tunnel(around.net);
    close.push(() => proxy.stop());
    const running = await engine.start(proxy.port);
    close.push(() => running.stop());
    Object.assign(here, around, { engine: running });
  });
  after(async () => {
    for (const one of close.reverse()) await one();
  });
  return here;
}

const reporting = (headers) =>
  headers.map((text, at) => (/^content-security-policy$/i.test(headers[at - 1] ?? "") ? `${text}; report-uri https://reports.example/` : text));
