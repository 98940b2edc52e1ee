"use strict";
// Search, filters and keys. Without it the page still shows everything.
(() => {
  const form = document.forms[0];
  const articles = [...document.querySelectorAll("article")];
  const dialog = document.querySelector("dialog");
  const field = (name) => form.elements.namedItem(name);

  const offer = (name, values) => {
    for (const value of [...new Set(values)].filter(Boolean).sort()) {
      field(name).append(new Option(value, value));
    }
  };
  offer("format", articles.map((article) => article.dataset.format));
  offer("type", articles.flatMap((article) => article.dataset.types.split(" ")));

  const texts = new WeakMap();
  const textOf = (article) => {
    if (!texts.has(article)) texts.set(article, article.textContent.toLowerCase());
    return texts.get(article);
  };

  const filter = () => {
    const words = field("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const format = field("format").value;
    const type = field("type").value;
    const drafts = field("drafts").checked;
    let shown = 0;
    for (const article of articles) {
      const fits =
        (!format || article.dataset.format === format) &&
        (!type || article.dataset.types.split(" ").includes(type)) &&
        words.every((word) => textOf(article).includes(word));
      article.hidden = !fits;
      shown += fits;
    }
    for (const draft of document.querySelectorAll("figure.draft")) draft.hidden = !drafts;
    form.querySelector("output").value =
      `${shown.toLocaleString("en")} of ${articles.length.toLocaleString("en")} answers`;
  };

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  // A picture that the browser cannot draw says so, in place of a broken sign.
  const unshown = (image) => {
    image.closest("button").replaceWith(Object.assign(document.createElement("p"), {
      className: "unshown", textContent: "This browser cannot show the picture.",
    }));
  };
  for (const image of document.querySelectorAll("figure button img")) {
    if (image.complete && !image.naturalWidth) image.decode().catch(() => unshown(image));
    else image.addEventListener("error", () => unshown(image), { once: true });
  }

  const visible = () => [...document.querySelectorAll("figure button")].filter(
    (button) => !button.closest("[hidden]"),
  );
  let current = null;
  const open = (button) => {
    const image = button.querySelector("img");
    current = button;
    const shown = dialog.querySelector("img");
    shown.src = image.src;
    shown.alt = image.alt;
    dialog.querySelector("figcaption").textContent = image.alt;
    if (!dialog.open) dialog.showModal();
  };
  document.querySelector("main").addEventListener("click", (event) => {
    const button = event.target.closest("figure button");
    if (button) open(button);
  });
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => current?.focus());

  const step = (all, now, by) => all[Math.min(Math.max(all.indexOf(now) + by, 0), all.length - 1)];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (dialog.open) {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) open(step(visible(), current, by));
      return;
    }
    if (event.target.matches("input, select")) {
      if (event.key === "Escape") {
        if (event.target === field("words")) event.target.value = "";
        filter();
        event.target.blur();
      }
      return;
    }
    if (event.key === "/") {
      event.preventDefault();
      field("words").focus();
      return;
    }
    const by = { j: 1, k: -1 }[event.key];
    if (!by) return;
    const shown = articles.filter((article) => !article.hidden);
    const next = step(shown, document.activeElement.closest("article"), by);
    next?.focus();
    next?.scrollIntoView({ block: "start" });
  });

  form.hidden = false;
  document.querySelector(".keys").hidden = false;
  filter();
})();
