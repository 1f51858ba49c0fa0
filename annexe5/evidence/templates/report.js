(() => {
"use strict";
const $ = (query, root = document) => root.querySelector(query);
const all = (query, root = document) => [...root.querySelectorAll(query)];
const page = document.documentElement;
const fold = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// --- language
const WORDS = {
  fr: {other: "English", shown: (n, m) => n === m ? `${m} éléments` : `${n} éléments sur ${m}`},
  en: {other: "Français", shown: (n, m) => n === m ? `${m} items` : `${n} of ${m} items`},
};
const remember = lang => { try { localStorage.setItem("annexe5-langue", lang); } catch { /* file:// may refuse */ } };
const speak = lang => {
  page.lang = lang;
  const button = $("#langue");
  button.textContent = WORDS[lang].other;
  button.lang = lang === "fr" ? "en" : "fr";
  all("option[data-fr]").forEach(one => { one.textContent = one.dataset[lang]; });
  all("input[data-fr]").forEach(one => { one.placeholder = one.dataset[lang]; });
  all("[data-label-fr]").forEach(one => one.setAttribute("aria-label", one.dataset[lang === "fr" ? "labelFr" : "labelEn"]));
  filter();
};
$("#langue").addEventListener("click", () => {
  const lang = page.lang === "fr" ? "en" : "fr";
  remember(lang);
  speak(lang);
});

// --- filters: requirement rows, scenarios, orders and files answer to the same three questions
const form = $("#filtres");
const items = all(".item");
const texts = new Map();
const text = item => {
  if (!texts.has(item)) texts.set(item, fold(item.textContent));
  return texts.get(item);
};
const filter = () => {
  const verdicts = new Set(all("input[name=verdict]:checked", form).map(one => one.value));
  const clause = $("#f-exigence").value;
  const needles = fold($("#f-texte").value).split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const item of items) {
    const fits = (!verdicts.size || verdicts.has(item.dataset.verdict))
      && (!clause || item.dataset.req.split(/\s+/).includes(clause))
      && needles.every(needle => text(item).includes(needle));
    item.hidden = !fits;
    shown += fits;
  }
  all(".group").forEach(group => { group.hidden = !$(".item:not([hidden])", group); });
  all("section").forEach(section => {
    const count = $("[data-count]", section);
    if (!count) return;
    const mine = all(".item", section);
    const left = mine.filter(one => !one.hidden).length;
    count.textContent = left === mine.length ? `${left}` : `${left} / ${mine.length}`;
  });
  $("#f-compte").textContent = WORDS[page.lang].shown(shown, items.length);
};
let timer;
form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 60); });
form.addEventListener("reset", () => setTimeout(filter));
form.addEventListener("submit", event => event.preventDefault());

// --- deep links: what a link names is opened, shown and focused
const reveal = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  const hidden = target.closest(".item[hidden]");
  if (hidden) { form.reset(); filter(); }
  for (let node = target; node; node = node.parentElement) {
    if (node.tagName === "DETAILS") node.open = true;
  }
  const focus = target.tagName === "DETAILS" ? $("summary", target) : target;
  if (!focus.hasAttribute("tabindex") && focus.tagName !== "SUMMARY") focus.setAttribute("tabindex", "-1");
  focus.focus({preventScroll: true});
  target.scrollIntoView({block: "start"});
};
addEventListener("hashchange", reveal);
document.addEventListener("click", event => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.getAttribute("href") === location.hash) { event.preventDefault(); reveal(); }
});

// --- printing: everything but the raw files is unfolded, then folded back
const opened = [];
addEventListener("beforeprint", () => {
  all("#synthese details, #exigences details, #scenarios details, #commandes details, #hypotheses details").forEach(one => {
    if (!one.open) { one.open = true; opened.push(one); }
  });
});
addEventListener("afterprint", () => { opened.splice(0).forEach(one => { one.open = false; }); });

let first = page.lang;
try { first = localStorage.getItem("annexe5-langue") || first; } catch { /* file:// may refuse */ }
speak(WORDS[first] ? first : "fr");
reveal();
})();
