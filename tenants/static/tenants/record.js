// The menu at a record's head closes with Escape and by a click beside it. It opens without a script.
for (const menu of document.querySelectorAll("details.record-menu")) {
  const summary = menu.querySelector("summary");
  menu.addEventListener("keydown", (event) => {
    const entries = [...menu.querySelectorAll("a")];
    const at = entries.indexOf(document.activeElement);
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      summary.focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && menu.open) {
      event.preventDefault();
      const next = event.key === "ArrowDown" ? at + 1 : at - 1 + (at < 0 ? 1 : 0);
      entries[(next + entries.length) % entries.length].focus();
    }
  });
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
}
