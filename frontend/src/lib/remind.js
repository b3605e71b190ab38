/* The reminder's own time: the button sends what the picker beside it says. */
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-remind-other]")) return;
  event.target.form.querySelector("[data-remind-then]").value = event.target.value;
});
