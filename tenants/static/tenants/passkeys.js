// Says on the page what went wrong with a passkey; the rest is allauth's.
document.addEventListener("allauth.error", (event) => {
  const place = document.getElementById("passkey-error");
  place.textContent = place.dataset.text;
  place.hidden = false;
  event.preventDefault();
});
