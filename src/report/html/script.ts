/**
 * What the page does: it filters, and draws pictures when they come near. Without it everything is there to read.
 *
 * A string, so that the compiler's output is all that is shipped; the policy in the page's head lets this very text run
 * and no other.
 */
export const script = `
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const form = $("filter");
  if (!form) return;
  form.hidden = false;

  // A picture waits as the text of a <noscript>, which costs nothing; it becomes elements when it is wanted.
  const draw = (article) => {
    for (const waiting of article.querySelectorAll("noscript")) {
      const place = waiting.parentElement;
      place.innerHTML = waiting.textContent;
    }
  };
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      draw(target);
    }
  }, { rootMargin: "800px" });
  addEventListener("beforeprint", () => draw(document));

  const articles = [...document.querySelectorAll("article")].map((element) => {
    if (element.querySelector("noscript")) near.observe(element);
    const { s: stack, n: namespace, l: level } = element.dataset;
    const items = [...element.querySelectorAll("[data-p]")].map((item) => {
      return { element: item, policy: item.dataset.p, level: item.dataset.l, text: undefined };
    });
    return { element, stack, namespace, level, items, name: undefined };
  });
  const sections = [...document.querySelectorAll("section[data-stack]")].map((element) => {
    return { element, articles: articles.filter((one) => element.contains(one.element)) };
  });
  const all = articles.reduce((sum, one) => sum + one.items.length, 0);
  const levels = [...form.elements.level];
  const search = form.elements.q;
  const selects = [form.elements.stack, form.elements.namespace, form.elements.policy];

  const apply = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter((word) => word !== "");
    const [stack, namespace, policy] = selects.map((select) => select.value);
    const wanted = new Set(levels.filter((box) => box.checked).map((box) => box.value));
    const has = (text) => words.every((word) => text.includes(word));
    let shownItems = 0;
    let shownArticles = 0;
    for (const one of articles) {
      const isHere = (stack === "" || one.stack === stack) && (namespace === "" || one.namespace === namespace);
      let any = false;
      if (words.length > 0) one.name ??= one.element.querySelector("header").textContent.toLowerCase();
      for (const item of one.items) {
        let shown = isHere && (policy === "" || item.policy === policy) && wanted.has(item.level);
        if (shown && words.length > 0) {
          item.text ??= one.name + " " + item.element.textContent.toLowerCase();
          shown = has(item.text);
        }
        if (item.element.hidden === shown) item.element.hidden = !shown;
        if (shown) { shownItems++; any = true; }
      }
      if (one.items.length === 0) {
        any = isHere && policy === "" && wanted.has(one.level) && (words.length === 0 || has(one.name));
      }
      if (one.element.hidden === any) one.element.hidden = !any;
      if (any) shownArticles++;
    }
    for (const { element, articles } of sections) element.hidden = articles.every((one) => one.element.hidden);
    $("nothing").hidden = shownArticles > 0;
    const entries = all > 0 ? shownItems + " of " + all + " entries on " : "";
    $("shown").value = entries + shownArticles + (shownArticles === 1 ? " resource" : " resources");
    const state = new URLSearchParams();
    if (search.value !== "") state.set("q", search.value);
    for (const select of selects) if (select.value !== "") state.set(select.name, select.selectedOptions[0].text);
    const off = levels.filter((box) => !box.checked).map((box) => box.value);
    if (off.length > 0) state.set("without", off.join(" "));
    history.replaceState(null, "", state.size > 0 ? "#" + state : location.pathname + location.search);
  };

  // What the address says: a filtered view can be linked to.
  const restore = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    search.value = state.get("q") ?? "";
    for (const select of selects) {
      const option = [...select.options].find((option) => option.value !== "" && option.text === state.get(select.name));
      select.value = option ? option.value : "";
    }
    const off = (state.get("without") ?? "").split(" ");
    for (const box of levels) box.checked = !off.includes(box.value);
  };

  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  // The link to the findings has a hash, too, and is no filter.
  addEventListener("hashchange", () => {
    if (location.hash === "#findings") return;
    restore();
    apply();
  });
  restore();
  apply();
})();
`;
