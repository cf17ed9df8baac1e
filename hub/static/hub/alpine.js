// The theme's own Alpine turns the texts of attributes into functions, for which a policy must allow 'unsafe-eval': so
// would any attribute that somebody else writes into a page. In its place stands Alpine's build that reads them itself
// (static/unfold/js/alpine/alpine.js: @alpinejs/csp 3.17.4, MIT). It knows expressions, but no statements, arrow
// functions or globals. What the theme writes of those is written here, before Alpine looks at the page.
document.addEventListener("alpine:init", () => {
  Alpine.data("theme", theme);
  Alpine.data("searchForm", searchForm);
  Alpine.data("page", (tab) => ({
    activeTab: (typeof getCurrentTab === "function" && getCurrentTab()) || tab,
    sidebarMobileOpen: false,
    sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
    init() {
      this.$watch("sidebarDesktopOpen", (open) => localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"));
    },
    addressOf(tab) {
      const { pathname, search } = window.location;
      return pathname + search + (tab && tab !== "general" ? "#" + tab : "");
    },
  }));

  const body = document.body;
  if (body.hasAttribute("x-init")) {
    const [, tab] = /'([\w-]*)'\s*;/.exec(body.getAttribute("x-init")) || [];
    body.removeAttribute("x-init");
    body.setAttribute("x-data", `page('${tab || ""}')`);
  }
  rewrite("x-on:click", "localStorage.", "sidebarDesktopOpen = !sidebarDesktopOpen");
  rewrite("x-bind:action", "window.location", "addressOf(activeTab)");
});

function rewrite(attribute, holds, expression) {
  for (const element of document.querySelectorAll("*")) {
    if (element.getAttribute(attribute)?.includes(holds)) {
      element.setAttribute(attribute, expression);
    }
  }
}
