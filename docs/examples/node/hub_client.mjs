/**
 * A client of the data hub: sends batches, retries safely, reads pages, follows the feed, verifies webhooks.
 *
 * Copy it; it needs Node 18 and nothing else. docs/recipes.md has what it is used for.
 */

import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";

const MOST_RECORDS = { customers: 1000, orders: 500, products: 200 }; // a call
const MOST_BYTES = 9_000_000; // of a body; the hub takes 10 MB
const AGAIN = new Set([409, 429, 500, 502, 503, 504]); // answers after which the same request may be sent again
const LONGEST = 60; // seconds between two attempts where the hub says nothing else

/** The hub will not take the request, however often it is sent: `errors` says what to fix, `traceId` what to quote. */
export class Refused extends Error {
  constructor(status, headers, text) {
    let body = {};
    try {
      body = JSON.parse(text);
    } catch {
      // a proxy's answer
    }
    const { message = text, errors = {}, details = [], data = {} } = body;
    const told = Object.entries(errors).map(([where, texts]) => `\n  ${where || "batch"}: ${texts.join(" ")}`);
    const traceId = headers.get("X-Request-Id") ?? "";
    super(`${status} ${message} (trace ${traceId})${told.join("")}`);
    Object.assign(this, { status, reason: message, errors, details, data, traceId });
  }
}

/** A tenant of a hub. `attempts` is how often a request is sent before the last failure is thrown. */
export class Hub {
  constructor(url, tenant, key, { attempts = 10, sleep = (seconds) => wait(seconds * 1000) } = {}) {
    Object.assign(this, { url: url.replace(/\/$/, ""), tenant, key, attempts, sleep });
  }

  /**
   * Upsert records of "customers", "orders" or "products", batch by batch, and yield the receipt of each.
   *
   * A batch that has a fault is not stored, and throws Refused; what was yielded before is stored. `lenient` stores the
   * good records of each batch and names the others in the receipt's `rejected`, also where none is good. `parameters`
   * go into the address: { dryRun: "true", reason: "…" }.
   */
  async *save(entity, records, { lenient = false, ...parameters } = {}) {
    const headers = lenient ? { Prefer: "handling=lenient" } : {};
    for await (const body of batches(records, MOST_RECORDS[entity])) {
      try {
        yield await this.data("POST", `/${entity}/${this.tenant}`, { query: parameters, body, headers });
      } catch (error) {
        if (!lenient || error.status !== 400 || !error.details.length) throw error;
        yield noneStored(JSON.parse(body).length, error);
      }
    }
  }

  /** Erase a person by `customerId`, `email` or both; no error where nobody is found. */
  eraseCustomer(query) {
    return this.data("DELETE", `/customers/${this.tenant}`, { query });
  }

  /** Delete an order or a product; no error where there is none. */
  delete(entity, identifier) {
    return this.data("DELETE", `/${entity}/${this.tenant}/${inPath(identifier)}`);
  }

  /** Read all records, or those that the filters find, page by page. */
  async *records(entity, filters = {}) {
    let page = { next: `/${entity}/${this.tenant}` };
    let query = { limit: "1000", ...filters };
    while (page.next) {
      page = await this.data("GET", page.next, { query });
      query = {}; // the next page's address has the filters
      yield* page.results;
    }
  }

  /** Read one record; null where there is none. */
  async record(entity, identifier) {
    try {
      return await this.data("GET", `/${entity}/${this.tenant}/${inPath(identifier)}`);
    } catch (error) {
      if (error.status === 404 && error.reason !== "Tenant not found.") return null;
      throw error;
    }
  }

  /**
   * Follow the feed for ever: yield page after page, empty ones too.
   *
   * Keep a page's `next` in the transaction that applies the page, and begin with it after a restart. A Refused with the
   * status 410 says that what follows `after` is no longer kept: copy everything anew, then follow from its `data.last`.
   */
  async *changes(after = 0, { wait: seconds = 30, ...parameters } = {}) {
    for (;;) {
      const query = { after: String(after), limit: "1000", wait: String(seconds), ...parameters };
      const page = await this.data("GET", `/changes/${this.tenant}`, { query });
      yield page;
      after = page.next;
    }
  }

  /**
   * Send a request until it is answered, and return the answer's data.
   *
   * Every attempt of a write has the same Idempotency-Key: whatever was lost on the way, it is done once, and the answer
   * is that of the first time.
   */
  async data(method, path, { query = {}, body, headers = {} } = {}) {
    const url = new URL(path.startsWith("http") ? path : this.url + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const sent = { "x-replenit-auth-key": this.key, "Content-Type": "application/json", ...headers };
    if (method !== "GET") sent["Idempotency-Key"] = randomUUID();
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === this.attempts;
      let answer, text;
      try {
        answer = await fetch(url, { method, body, headers: sent, signal: AbortSignal.timeout(60_000) });
        text = await answer.text();
      } catch (error) {
        if (last) throw error; // no answer: nobody knows whether it was done
        await this.sleep(pause(attempt));
        continue;
      }
      if (answer.ok) return JSON.parse(text).data;
      if (!AGAIN.has(answer.status) || last) throw new Refused(answer.status, answer.headers, text);
      await this.sleep(pause(attempt, answer.headers.get("Retry-After") ?? ""));
    }
  }
}

/** Return an identifier as a path has it; throws for dots, which are lost on the way: read the list. */
function inPath(identifier) {
  if (["", ".", ".."].includes(identifier)) throw new RangeError(`"${identifier}" can't stand in a path: use a filter`);
  return encodeURIComponent(identifier);
}

/** Return the receipt of a lenient batch without a good record; of many the hub names the first hundred faults. */
function noneStored(count, { errors, details }) {
  const rejected = Array.from({ length: count }, (_, index) => ({ index, errors: {} }));
  for (const [where, texts] of Object.entries(errors)) {
    const [, index, field] = where.match(/^\[(\d+)\]\.?(.*)$/) ?? [];
    if (index !== undefined) rejected[Number(index)].errors[field] = texts;
  }
  for (const { code, index } of details) {
    if (code === "identifier_missing") rejected[index].errors[""] = errors[""] ?? [];
  }
  return { count, changeset: null, created: 0, updated: 0, unchanged: 0, rejected };
}

/** Return how many seconds to wait after an attempt: what the hub asked for, else 1, 2, 4 … with some chance. */
function pause(attempt, asked = "") {
  if (/^\d+$/.test(asked)) return Number(asked) + Math.random();
  return Math.min(LONGEST, 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

/** Cut records, of an array or a stream, into bodies of at most `most` records and 9 MB. */
async function* batches(records, most) {
  let parts = [];
  let size = 0;
  for await (const record of records) {
    const part = JSON.stringify(record);
    const bytes = Buffer.byteLength(part) + 1;
    if (parts.length && (parts.length === most || size + bytes > MOST_BYTES)) {
      yield `[${parts.join(",")}]`;
      [parts, size] = [[], 0];
    }
    parts.push(part);
    size += bytes;
  }
  if (parts.length) yield `[${parts.join(",")}]`;
}

/** Tell whether a webhook's message is the hub's; `headers` by their names in lower case, the body as it came. */
export function verified(secret, headers, body) {
  const { "webhook-id": id, "webhook-timestamp": sentAt = "", "webhook-signature": given = "" } = headers;
  if (!/^\d+$/.test(sentAt) || Math.abs(Date.now() / 1000 - Number(sentAt)) >= 300) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const digest = createHmac("sha256", key).update(`${id}.${sentAt}.`).update(body).digest("base64");
  const expected = Buffer.from(`v1,${digest}`);
  return given.split(" ").some((text) => {
    const bytes = Buffer.from(text);
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
}
