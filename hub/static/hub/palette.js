// The search over everything: Ctrl+K from anywhere. Without a script its buttons lead to a page that does the same.
const palette = document.getElementById("palette");
const form = palette.querySelector("form");
const input = palette.querySelector("input");
const results = document.getElementById("palette-results");
const status = palette.querySelector("[role=status]");
const WAIT = 150; // ms without a key, before what is typed is asked for

let asked = 0; // counts what was typed: only the answer to the last is shown
let timer = 0;
let request = null;
let current = -1;

const options = () => [...results.querySelectorAll("[role=option]")];

function choose(index) {
  const all = options();
  current = all.length ? (index + all.length) % all.length : -1;
  all.forEach((option, at) => option.setAttribute("aria-selected", String(at === current)));
  if (current < 0) {
    input.removeAttribute("aria-activedescendant");
  } else {
    input.setAttribute("aria-activedescendant", all[current].id);
    all[current].scrollIntoView({ block: "nearest" });
  }
}

function show(html, said) {
  results.innerHTML = html;
  results.classList.remove("palette-stale");
  const number = options().length;
  input.setAttribute("aria-expanded", String(number > 0));
  results.hidden = !html;
  status.textContent = said;
  choose(0);
}

async function ask(term, mine) {
  request = new AbortController();
  try {
    const query = new URLSearchParams({ s: term, part: "1" });
    const answer = await fetch(`${form.action}?${query}`, { signal: request.signal });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const html = await answer.text();
    if (mine !== asked) return;
    show(html, html.includes('role="option"') ? palette.dataset.found : `${palette.dataset.none} “${term}”.`);
  } catch (error) {
    if (mine === asked && error.name !== "AbortError") show("", palette.dataset.failed);
  }
}

function typed() {
  const term = input.value.trim();
  const mine = ++asked;
  clearTimeout(timer);
  if (request) request.abort();
  if (!term) {
    show("", palette.dataset.empty);
    return;
  }
  // What is shown is the answer to something else: it is not to be chosen from any more.
  results.classList.add("palette-stale");
  choose(-1);
  current = -1;
  options().forEach((option) => option.setAttribute("aria-selected", "false"));
  input.removeAttribute("aria-activedescendant");
  timer = setTimeout(() => ask(term, mine), WAIT);
}

function open() {
  if (palette.open) return;
  palette.showModal();
  input.select();
  input.focus();
  typed();
}

input.addEventListener("input", typed);
input.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!results.classList.contains("palette-stale")) choose(current + (event.key === "ArrowDown" ? 1 : -1));
  } else if (event.key === "Escape") {
    event.preventDefault(); // a field of searches would be cleared by it
    palette.close();
  } else if (event.key === "Enter" && current >= 0) {
    event.preventDefault();
    const { ctrlKey, metaKey } = event;
    options()[current].dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey }));
  }
});
results.addEventListener("mousemove", (event) => {
  const index = options().indexOf(event.target.closest("[role=option]"));
  if (index >= 0 && index !== current && !results.classList.contains("palette-stale")) choose(index);
});
form.addEventListener("submit", (event) => {
  if (!input.value.trim()) event.preventDefault();
});
palette.addEventListener("click", (event) => {
  if (event.target === palette || event.target.closest("[data-palette-close]")) palette.close();
});
palette.addEventListener("close", () => {
  asked += 1;
  clearTimeout(timer);
  if (request) request.abort();
});
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open();
  }
});
for (const button of document.querySelectorAll("[data-palette]")) {
  button.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
}
