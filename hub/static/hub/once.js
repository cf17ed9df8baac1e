// A form is sent once, though it is clicked twice: a second click would call off the answer to the first, and with it
// what is shown once. Loaded before any form is there; heard last, for what another script holds back is not sent.
(() => {
  "use strict";

  let sent = new WeakSet();

  // A list's form may answer with a file, as one that says so: the page stays, and is used again.
  const staysOnThePage = (form) => form.id === "changelist-form" || "answersFile" in form.dataset;

  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || staysOnThePage(form)) return;
    if (sent.has(form)) event.preventDefault();
    sent.add(form);
  });

  // Back to a page that was kept as it was.
  addEventListener("pageshow", (event) => { if (event.persisted) sent = new WeakSet(); });
})();
