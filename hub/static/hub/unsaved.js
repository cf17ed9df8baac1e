// What is changed and not saved yet: counted in the Save button, marked, asked about before leaving, kept while a list is
// turned over, and not lost when the session has ended. Without this script Save saves all the same.
//
// An element with data-unsaved="<id of a form>" says which form; data-user whose it is; data-session where to ask who is
// logged in; data-kept, of a list whose rows have a hidden `seen`, under what its ticks are kept. What is kept, in this
// tab alone, are hub ids, when they were seen, and names of flags: nothing that was typed.
(() => {
  const BEGIN = "hub-unsaved ";
  const SAVED = "hub_saved";
  const asked = new Set(); // forms that may be left, for they are being sent
  const watched = [];

  const valueOf = (control) => (control.type === "checkbox" || control.type === "radio" ? control.checked : control.value);
  // What is stored: of a page that comes back as it was filled in, data-was says it.
  const wasOf = (control) => {
    if (control.type !== "checkbox" && control.type !== "radio") return control.defaultValue;
    const was = control.closest("[data-was]")?.dataset.was;
    return was ? was === "yes" : control.defaultChecked;
  };

  class Watched {
    constructor(marker) {
      this.marker = marker;
      this.form = document.getElementById(marker.dataset.unsaved);
      this.isList = "kept" in marker.dataset;
      this.save = document.querySelector(`button[name=_save][form="${this.form.id}"]`) || this.form.querySelector("button[type=submit]");
      this.counts = this.save?.name === "_save";
      this.label = this.save?.textContent.trim();
      this.key = `${BEGIN}${marker.dataset.user} ${marker.dataset.kept || ""}`;
      this.elsewhere = this.isList ? this.read() : {};
      if (this.isList) this.restore();
      this.form.addEventListener("input", () => this.show());
      this.form.addEventListener("change", () => this.show());
      this.show();
    }

    // The controls whose change is one: of a list the boxes of flags, of a record's page all but the reason.
    get controls() {
      return [...this.form.elements].filter((control) => {
        if (!control.name || ["hidden", "submit", "button"].includes(control.type) || control.name === "reason") return false;
        return !this.isList || (control.type === "checkbox" && this.rowOf(control));
      });
    }

    get changed() { return this.controls.filter((control) => valueOf(control) !== wasOf(control)); }

    rowOf(control) {
      if (control.name === "_selected_action") return null;
      return control.closest("tr")?.querySelector("input[name=seen]") ? control.closest("tr") : null;
    }

    get rows() { return [...this.form.querySelectorAll("input[name=seen]")].map((seen) => seen.closest("tr")).filter(Boolean); }

    boxesOf(row) { return [...row.querySelectorAll("input[type=checkbox]")].filter((box) => this.rowOf(box)); }

    get number() { return this.changed.length + this.numberElsewhere; }

    get numberElsewhere() { return Object.values(this.elsewhere).reduce((sum, row) => sum + Object.keys(row.flags).length, 0); }

    show() {
      const changed = this.changed;
      for (const control of this.controls) {
        (control.closest("td, li") || control).classList.toggle("unsaved-changed", changed.includes(control));
      }
      const number = changed.length + this.numberElsewhere;
      if (this.counts) {
        this.save.disabled = !number && !("refused" in this.marker.dataset);
        this.save.textContent = number ? `${this.label} ${number} ${number === 1 ? "change" : "changes"}` : this.label;
      }
      if (!this.isList) return;
      this.write();
      const bar = this.marker.querySelector("[data-elsewhere]");
      bar.hidden = !this.numberElsewhere;
      bar.querySelector("[data-elsewhere-text]").textContent = `${this.numberElsewhere} unsaved on other pages`;
      this.marker.querySelector("[data-why]").hidden = !number && !("refused" in this.marker.dataset);
    }

    // What is kept of a list, by hub id: {seen, wanted: names of all flags ticked, flags: {name: value} of those changed}.

    read() {
      try {
        return JSON.parse(sessionStorage.getItem(this.key)) || {};
      } catch {
        return {};
      }
    }

    rowNow(row) {
      const flags = {}, boxes = this.boxesOf(row);
      for (const box of boxes) if (box.checked !== wasOf(box)) flags[box.name] = box.checked;
      return { seen: row.querySelector("input[name=seen]").value, wanted: boxes.filter((box) => box.checked).map((box) => box.name), flags };
    }

    write() {
      const all = { ...this.elsewhere };
      for (const row of this.rows) {
        const now = this.rowNow(row);
        if (Object.keys(now.flags).length) all[now.seen.split(":")[0]] = now;
      }
      try {
        if (Object.keys(all).length) sessionStorage.setItem(this.key, JSON.stringify(all));
        else sessionStorage.removeItem(this.key);
      } catch { /* a browser that keeps nothing: the ticks are those of this page */ }
    }

    // A row that is shown again is compared with what is shown now; one that has become what was wanted is no change.
    restore() {
      for (const row of this.rows) {
        const id = row.querySelector("input[name=seen]").value.split(":")[0];
        const kept = this.elsewhere[id];
        if (!kept) continue;
        if (!("refused" in this.marker.dataset)) {
          for (const box of this.boxesOf(row)) if (box.name in kept.flags) box.checked = kept.flags[box.name];
        }
        delete this.elsewhere[id];
      }
    }

    forget() {
      this.elsewhere = {};
      this.show();
    }

    // The rows of other pages go with the form as the list's own do.
    add() {
      for (const old of this.form.querySelectorAll("[data-from-elsewhere]")) old.remove();
      const hidden = (name, value) => {
        const input = Object.assign(document.createElement("input"), { type: "hidden", name, value });
        input.dataset.fromElsewhere = "";
        this.form.append(input);
      };
      for (const [id, kept] of Object.entries(this.elsewhere)) {
        hidden("seen", kept.seen);
        for (const name of kept.wanted) hidden(name, id);
      }
      const token = crypto.randomUUID ? crypto.randomUUID() : String(Date.now());
      hidden("save", token);
      try { sessionStorage.setItem(`${this.key} sent`, token); } catch { /* as above */ }
    }
  }

  // An answer to the save of a list clears what was kept: the cookie names which save was answered.
  function clearSaved() {
    const token = document.cookie.split("; ").map((each) => each.split("=")).find(([name]) => name === SAVED)?.[1];
    if (!token) return;
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(BEGIN) && key.endsWith(" sent") && sessionStorage.getItem(key) === token) {
        sessionStorage.removeItem(key);
        sessionStorage.removeItem(key.slice(0, -" sent".length));
      }
    }
    document.cookie = `${SAVED}=; path=/admin/; max-age=0`;
  }

  // Asks who is logged in: "mine", "over", "other" for somebody else, "unknown" where nothing was answered.
  async function session(marker, form) {
    try {
      const answer = await fetch(marker.dataset.session, { redirect: "manual", cache: "no-store", headers: { Accept: "application/json" } });
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return "over";
      if (!answer.ok) return "unknown";
      const said = await answer.json();
      if (said.user !== marker.dataset.user) return "other";
      form.querySelector("input[name=csrfmiddlewaretoken]").value = said.token;
      return "mine";
    } catch {
      return "unknown";
    }
  }

  const SAYS = {
    over: "You have been logged out. Nothing is lost: log in in another tab, then save again here.",
    other: "Somebody else is logged in now. Nothing was sent: what is typed here is saved only as you.",
  };

  function tell(state, again) {
    document.getElementById("unsaved-dialog")?.remove();
    const dialog = document.createElement("dialog");
    dialog.id = "unsaved-dialog";
    dialog.className = "unsaved-dialog";
    dialog.setAttribute("aria-labelledby", "unsaved-says");
    const says = Object.assign(document.createElement("p"), { id: "unsaved-says", textContent: SAYS[state] });
    const logIn = Object.assign(document.createElement("a"), { href: "/admin/login/", target: "_blank", rel: "noopener", textContent: "Log in in another tab", className: "health-button" });
    const save = Object.assign(document.createElement("button"), { type: "button", textContent: "Save now", className: "health-button primary" });
    const back = Object.assign(document.createElement("button"), { type: "button", textContent: "Not yet", className: "health-button" });
    save.addEventListener("click", () => { dialog.close(); again(); });
    back.addEventListener("click", () => dialog.close());
    const tools = document.createElement("div");
    tools.className = "unsaved-tools";
    tools.append(logIn, save, back);
    dialog.append(says, tools);
    document.body.append(dialog);
    dialog.showModal();
  }

  async function send(each, button) {
    const state = await session(each.marker, each.form);
    if (state === "over" || state === "other") {
      tell(state, () => each.form.requestSubmit(button));
      return;
    }
    asked.add(each.form);
    if (each.isList) each.add();
    each.form.requestSubmit(button);
  }

  function ready() {
    clearSaved();
    for (const marker of document.querySelectorAll("[data-unsaved]")) {
      if (document.getElementById(marker.dataset.unsaved)) watched.push(new Watched(marker));
    }
    for (const each of watched) {
      each.marker.querySelector("[data-forget]")?.addEventListener("click", () => each.forget());
    }
  }

  // First of all who hear of it: what is not sent yet is not to be counted as sent once.
  document.addEventListener("submit", (event) => {
    if (event.target.id === "logout-form") {
      for (const key of Object.keys(sessionStorage)) if (key.startsWith(BEGIN)) sessionStorage.removeItem(key);
    }
    const each = watched.find((one) => one.form === event.target);
    const saves = each && (!each.isList || event.submitter?.name === "_save");
    if (!saves || asked.has(each.form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    send(each, event.submitter);
  }, true);

  addEventListener("beforeunload", (event) => {
    // Ticks of a list are kept while its own pages are turned over.
    if (watched.some((each) => each.number && !asked.has(each.form) && !each.turns)) event.preventDefault();
  });

  // A link to the same list, in any order and with any filter, leaves nothing behind.
  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("a[href]");
    for (const each of watched) each.turns = Boolean(target) && each.isList && target.pathname === location.pathname;
  }, true);
  addEventListener("submit", (event) => {
    const returns = event.target.method === "get" && new URL(event.target.action, location).pathname === location.pathname;
    for (const each of watched) each.turns = each.isList && (returns || each.form === event.target);
  }, true);

  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    asked.clear();
    clearSaved();
    for (const each of watched) each.show();
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
