// The page of an export that is being made: asked for every second, and put in place; at its end the content anew.
class ExportWatch {
  constructor(place) {
    this.place = place;
    this.said = document.getElementById("export-said");
    this.run();
  }

  async run() {
    for (let failures = 0; ; ) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(1 + failures, 5)));
      try {
        const answer = await fetch(this.place.dataset.progress, { cache: "no-store" });
        if (answer.redirected || (!answer.ok && answer.status < 500)) { location.reload(); return; }
        if (!answer.ok) throw new Error(answer.status);
        failures = 0;
        const told = await answer.json();
        if (!told.goesOn) { await this.renew(); return; }
        this.show(told);
      } catch {
        if (++failures > 1) this.warn("The hub can't be reached. The export goes on without this page; trying again…");
      }
    }
  }

  of(name) { return this.place.querySelector(`[data-told=${name}]`); }

  show(told) {
    for (const name of ["title", "read"]) this.of(name).textContent = told[name];
    this.of("percent").value = told.percent;
    this.warn(told.warning);
    this.say(`${told.title}: ${Math.floor(told.percent / 25) * 25} %`);
  }

  warn(text) {
    const place = this.of("warning");
    place.hidden = !text;
    if (place.textContent !== text) place.textContent = text;
  }

  say(text) { if (this.said.textContent !== text) this.said.textContent = text; }

  async renew() {
    const page = await (await fetch(location.href, { cache: "no-store" })).text();
    const found = new DOMParser().parseFromString(page, "text/html").getElementById("export");
    if (!found) { location.reload(); return; }
    const hadFocus = this.place.contains(document.activeElement);
    this.place.replaceWith(found);
    if (hadFocus) found.querySelector(".export-title").focus();
    this.say(found.querySelector(".export-title").textContent);
  }
}

for (const place of document.querySelectorAll("#export[data-progress]")) new ExportWatch(place);
