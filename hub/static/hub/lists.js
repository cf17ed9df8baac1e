// A list that comes back with the browser's Back has the boxes of before, but nobody has chosen all of it anew.
window.addEventListener("pageshow", () => {
    document.querySelectorAll("input.select-across").forEach((input) => {
        input.value = "0";
    });
});
