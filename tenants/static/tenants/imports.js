// A file goes up in parts, each with the offset it begins at: after a broken connection the hub says what it has, and
// the rest follows. The page of an import asks every second how far it is. The content security policy allows scripts
// in files only.
const PAUSES = [1, 2, 4, 8, 15]; // seconds between attempts
const UNITS = ["bytes", "KB", "MB", "GB"];

class Refused extends Error {}

function sizeText(size) {
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) { size /= 1000; unit += 1; }
  return `${size.toLocaleString("en", { maximumFractionDigits: unit && size < 100 ? 1 : 0 })} ${UNITS[unit]}`;
}

function pause(seconds, signal) {
  return new Promise((done) => {
    const finish = () => {
      clearTimeout(timer);
      removeEventListener("online", finish);
      signal?.removeEventListener("abort", finish);
      done();
    };
    const timer = setTimeout(finish, seconds * 1000);
    addEventListener("online", finish);
    signal?.addEventListener("abort", finish);
  });
}

// Answers {status, body}; throws Refused for what another attempt would not mend, and fetch's own error for what it may.
async function ask(url, options) {
  const answer = await fetch(url, { ...options, headers: { Accept: "application/json", ...options?.headers } });
  if (answer.redirected) throw new Refused("You have been logged out. Log in again in another tab, then go on here.");
  const isJson = answer.headers.get("Content-Type")?.includes("json");
  const body = isJson ? await answer.json() : {};
  if (answer.ok || answer.status === 409) return { status: answer.status, body };
  const says = body.errors?.join(" ");
  if (answer.status >= 500 && answer.status !== 507) throw new TypeError(`answered ${answer.status}`);
  throw new Refused(says || `The hub refused it (${answer.status}). Load the page again.`);
}

class Upload {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector("input[type=file]");
    this.input.hasChangeListener = true; // or the theme listens, too, and looks for a text box beside it
    this.begin = form.querySelector("[data-begin]");
    this.cancelButton = form.querySelector("[data-cancel]");
    this.urls = form.dataset.part
      ? { part: form.dataset.part, preview: form.dataset.preview, cancel: form.dataset.cancels }
      : null;
    form.addEventListener("submit", (event) => { event.preventDefault(); this.run(); });
    this.cancelButton.addEventListener("click", () => this.cancel());
    this.input.addEventListener("change", () => this.show());
    this.accept(form.querySelector("[data-drop]"));
    addEventListener("beforeunload", (event) => { if (this.aborter) event.preventDefault(); });
    this.show();
  }

  accept(zone) {
    for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
    addEventListener("dragover", (event) => zone.classList.toggle("over", zone.contains(event.target)));
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      zone.classList.remove("over");
      if (this.aborter || !event.dataTransfer.files.length) return;
      this.input.files = event.dataTransfer.files;
      this.show();
    });
  }

  show() {
    const file = this.input.files[0];
    const chosen = this.form.querySelector("[data-chosen]");
    chosen.dataset.empty ??= chosen.textContent;
    chosen.textContent = file ? `${file.name} (${sizeText(file.size)})` : chosen.dataset.empty;
    if (file) this.complain("");
  }

  complain(text) {
    const place = this.form.querySelector("[data-wrong]");
    place.textContent = text;
    place.hidden = !text;
  }

  say(text) {
    const place = this.form.querySelector("[data-said]");
    if (place.textContent !== text) place.textContent = text;
  }

  tell(text, size, whole) {
    const bar = this.form.querySelector("[data-sending] progress");
    bar.value = whole ? (size / whole) * 100 : 0;
    this.form.querySelector("[data-sent]").textContent = text;
  }

  goesOn(flag) {
    this.form.querySelector("[data-sending]").hidden = !flag;
    this.cancelButton.hidden = !flag && !this.form.dataset.part;
    this.begin.disabled = this.input.disabled = flag;
    if (!flag) this.aborter = null;
  }

  async run() {
    const file = this.input.files[0];
    if (!file || this.aborter) return;
    const announced = this.form.dataset.announced;
    if (announced && file.size !== Number(announced)) {
      this.complain(`This is another file: it has ${sizeText(file.size)}, the one to go on with ${sizeText(announced)}.`);
      return;
    }
    if (file.size > Number(this.form.dataset.most || Infinity)) {
      this.complain(`The file has ${sizeText(file.size)}, more than can be imported at once. Send it in several files.`);
      return;
    }
    const form = new FormData(this.form);
    this.aborter = new AbortController();
    this.goesOn(true);
    this.complain("");
    this.tell("Beginning…", 0, file.size);
    try {
      await this.send(file, form);
    } catch (error) {
      if (this.aborter?.signal.aborted) return;
      this.complain(error instanceof Refused ? error.message : "The hub can't be reached. Try again.");
      this.goesOn(false);
    }
  }

  async send(file, form) {
    const { signal } = this.aborter;
    const headers = { "X-CSRFToken": form.get("csrfmiddlewaretoken") };
    let size = 0;
    if (this.urls) {
      size = (await ask(this.urls.part, { signal })).body.size;
    } else {
      form.set("file", file.slice(0, 65536), file.name);
      form.set("size", file.size);
      this.urls = (await ask(this.form.action || location.href, { method: "POST", body: form, signal })).body;
      this.form.dataset.announced = file.size; // who goes on after an error sends the same file
    }
    let attempt = 0;
    while (size < file.size) {
      const end = Math.min(size + Number(this.form.dataset.partSize), file.size);
      let part;
      try {
        part = await file.slice(size, end).arrayBuffer();
      } catch {
        throw new Refused("The file can't be read any more: it was changed or moved meanwhile. Choose it again.");
      }
      try {
        const sent = { method: "POST", body: part, signal };
        sent.headers = { ...headers, "Upload-Offset": size, "Content-Type": "application/octet-stream" };
        const answer = await ask(this.urls.part, sent);
        size = answer.body.size;
        attempt = 0;
        this.tell(`${sizeText(size)} of ${sizeText(file.size)} uploaded`, size, file.size);
        this.say(`${Math.floor((size / file.size) * 4) * 25} % uploaded`);
      } catch (error) {
        if (error instanceof Refused || signal.aborted) throw error;
        this.tell("The connection is broken. The upload goes on by itself when it is back.", size, file.size);
        this.say("The connection is broken.");
        await pause(PAUSES[Math.min(attempt++, PAUSES.length - 1)], signal);
        if (signal.aborted) throw error;
        size = await this.sizeKnown(size, signal);
      }
    }
    this.say("Uploaded.");
    this.aborter = null;
    location.assign(this.urls.preview);
  }

  async sizeKnown(size, signal) {
    try {
      return (await ask(this.urls.part, { signal })).body.size;
    } catch (error) {
      if (error instanceof Refused) throw error;
      return size;
    }
  }

  async cancel() {
    this.aborter?.abort();
    const body = new FormData();
    body.set("csrfmiddlewaretoken", new FormData(this.form).get("csrfmiddlewaretoken"));
    if (this.urls) await fetch(this.urls.cancel, { method: "POST", body }).catch(() => {});
    this.goesOn(false);
    if (this.form.dataset.part) { location.reload(); return; }
    this.urls = null;
    delete this.form.dataset.announced;
    this.say("Cancelled.");
    this.complain("The upload was cancelled. Nothing was stored.");
  }
}

// What a job's page says while it runs, asked for every second and put in place; at its end the page's content anew.
class Watch {
  constructor(place) {
    this.place = place;
    this.said = document.getElementById("import-said");
    this.run();
  }

  async run() {
    let failures = 0;
    for (;;) {
      await pause(Math.min(1 + failures, 5));
      try {
        const { body } = await ask(this.place.dataset.progress, { cache: "no-store" });
        failures = 0;
        this.show(body);
        if (!body.goesOn) { await this.renew(); return; }
      } catch (error) {
        if (error instanceof Refused) { this.warn(error.message); return; }
        if (++failures > 1) this.warn("The hub can't be reached. The import goes on without this page; trying again…");
      }
    }
  }

  show(told) {
    for (const name of ["title", "read"]) this.of(name).textContent = told[name];
    this.of("speed").textContent = told.speed && `, ${told.speed}`;
    this.of("percent").value = told.percent;
    for (const [name, number] of Object.entries(told.counts)) {
      const count = this.place.querySelector(`[data-count=${name}]`);
      if (count) count.textContent = number;
    }
    this.warn(told.warning);
    this.say(`${told.title}: ${Math.floor(told.percent / 25) * 25} %`);
  }

  of(name) { return this.place.querySelector(`[data-told=${name}]`); }

  warn(text) {
    const place = this.of("warning");
    place.hidden = !text;
    if (place.textContent !== text) place.textContent = text;
  }

  say(text) { if (this.said.textContent !== text) this.said.textContent = text; }

  async renew() {
    const page = await (await fetch(location.href, { cache: "no-store" })).text();
    const found = new DOMParser().parseFromString(page, "text/html").getElementById("import");
    if (!found) { location.reload(); return; }
    const hadFocus = this.place.contains(document.activeElement);
    this.place.replaceWith(found);
    if (hadFocus) found.querySelector(".import-title").focus();
    this.say(found.querySelector(".import-title").textContent);
  }
}

for (const form of document.querySelectorAll("form[data-upload]")) new Upload(form);
for (const place of document.querySelectorAll("#import[data-progress]")) new Watch(place);
for (const form of document.querySelectorAll("form[data-renews]")) {
  form.addEventListener("change", (event) => { if (event.target.matches("[data-renewing]")) form.requestSubmit(form.querySelector("[data-renew]")); });
}
