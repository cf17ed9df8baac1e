// A list that comes back with the browser's Back has the boxes of before, but nobody has chosen all of it anew.
window.addEventListener("pageshow", () => {
    document.querySelectorAll("input.select-across").forEach((input) => {
        input.value = "0";
    });
});

// The heads of a list stay in sight where its table has room in its frame, and what is chosen is acted on right above
// the list's foot, as high as that is.
(() => {
    const frame = document.querySelector(".hub-list-frame");
    const foot = document.querySelector(".hub-foot");
    const measure = () => {
        frame?.classList.toggle("hub-fits", frame.firstElementChild.offsetWidth <= frame.clientWidth);
        document.documentElement.style.setProperty("--hub-foot", `${foot.offsetHeight}px`);
    };
    if (!foot) return;
    const observer = new ResizeObserver(measure);
    for (const element of [frame, frame?.firstElementChild, foot]) if (element) observer.observe(element);
    measure();
})();
