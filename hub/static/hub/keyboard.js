// What the theme leaves to the mouse, for keys and for who hears a page: its own clicks need a script anyway.
(() => {
  "use strict";

  const FOCUSABLE = "a[href], button:not([disabled]), input:not([disabled]):not([type=hidden]), select:not([disabled]), textarea:not([disabled]), [tabindex='0']";
  const isShown = (element) => element.getClientRects().length > 0;

  // Icons are ligatures of a font: "group" would be read before "Customers". What has an icon alone gets a name.
  const NAMES = { search: "Search", more_horiz: "More actions", more_vert: "More actions", add: "Add", close: "Close", arrow_back: "Back" };

  function hideIcons(root) {
    for (const icon of root.querySelectorAll(".material-symbols-outlined:not([aria-hidden])")) {
      const button = icon.closest("a, button, [role=button]");
      const said = icon.textContent.trim();
      if (button?.textContent.trim() === said && NAMES[said] && !button.title && !button.hasAttribute("aria-label")) {
        button.setAttribute("aria-label", NAMES[said]);
      }
      if (!icon.hasAttribute("x-on:click")) icon.setAttribute("aria-hidden", "true");
    }
  }

  // What only answers a click becomes a button.
  function makeButtons(root) {
    for (const element of root.querySelectorAll("a[x-on\\:click]:not([href]):not([role]), span[x-on\\:click]:not([role])")) {
      element.setAttribute("role", "button");
      element.tabIndex = 0;
      element.addEventListener("keydown", (event) => {
        if (event.target !== element || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        element.click();
      });
    }
  }

  // Filters: opened, the focus goes into them; Esc closes them (the theme's), and it goes back.
  function guideFilters() {
    const panel = document.getElementById("changelist-filter");
    const opener = document.querySelector("[x-on\\:click='filterOpen = true']");
    if (!panel || !opener) return;
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-label", opener.textContent.trim().split(/\s{2,}|\n/)[0]);
    opener.setAttribute("aria-controls", panel.id);
    const tell = () => opener.setAttribute("aria-expanded", String(isShown(panel)));
    let wasShown = isShown(panel);
    new MutationObserver(() => {
      tell();
      if (isShown(panel) === wasShown) return;
      wasShown = !wasShown;
      if (wasShown) [...panel.querySelectorAll(FOCUSABLE)].find(isShown)?.focus();
      else if (panel.contains(document.activeElement) || document.activeElement === document.body) opener.focus();
    }).observe(panel, { attributes: true, attributeFilter: ["style"] });
    tell();
  }

  // The menu of a small window: opened, the focus goes into it; Esc closes it, and it goes back.
  function guideMenu() {
    const opener = document.querySelector("[data-opens-menu]");
    const menu = document.getElementById("nav-sidebar");
    if (!opener || !menu) return;
    opener.addEventListener("click", () => requestAnimationFrame(() => {
      if (isShown(menu)) [...menu.querySelectorAll(FOCUSABLE)].find((element) => isShown(element) && element.tabIndex >= 0)?.focus();
    }));
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || opener.getAttribute("aria-expanded") !== "true") return;
      if (menu.querySelector("[aria-expanded=true]") || !isShown(opener)) return;
      opener.click();
      opener.focus();
    });
  }

  // Ctrl+S, or Cmd+S, is the page's Save.
  function save(event) {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    const buttons = document.querySelectorAll("[name=_save], [data-saves]");
    const button = [...buttons].find((found) => isShown(found) && !found.disabled);
    if (!button) return;
    event.preventDefault();
    button.click();
  }

  function begin() {
    makeButtons(document);
    hideIcons(document);
    guideFilters();
    guideMenu();
    addEventListener("keydown", save);
    new MutationObserver((changes) => {
      if (!changes.some((change) => change.addedNodes.length)) return;
      makeButtons(document);
      hideIcons(document);
    }).observe(document.body, { childList: true, subtree: true });
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
})();
