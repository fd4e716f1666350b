/* Kedang in the browser: what HTML and htmx do not do by themselves. No inline script anywhere; the CSP forbids it. */
(() => {
  "use strict";
  const $ = (css, root = document) => root.querySelector(css);
  const $$ = (css, root = document) => [...root.querySelectorAll(css)];

  /* --- one click, one deed ------------------------------------------------ */
  // A form that is being sent cannot be sent again; the server's key catches what slips through.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "get" || form.method === "dialog") return;
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.setAttribute("aria-busy", "true");
    event.submitter?.setAttribute("aria-busy", "true");
    // A download leaves the page where it is, and nothing tells when it began.
    if (form.matches("[data-download]")) setTimeout(() => { idle(form); form.closest("dialog")?.close(); }, 1500);
  }, true);
  const idle = (root) => {
    for (const node of [root, ...$$("[aria-busy]", root)]) node.removeAttribute?.("aria-busy");
  };
  document.addEventListener("htmx:afterRequest", (event) => idle(event.detail.elt));
  document.addEventListener("htmx:confirm", (event) => ask(event));
  window.addEventListener("pageshow", (event) => { if (event.persisted) idle(document.body); });

  /* --- the open tab is in sight where tabs scroll sideways ------------------------ */
  function showTab(root) {
    for (const tab of $$(".kd-tabs [aria-current]", root)) {
      const row = tab.closest(".kd-tabs");
      const from = tab.getBoundingClientRect().left - row.getBoundingClientRect().left;
      if (row.scrollWidth > row.clientWidth) row.scrollLeft += from - (row.clientWidth - tab.offsetWidth) / 2;
    }
  }

  /* --- confirmation with the consequence in words ------------------------- */
  function ask(event) {
    const source = event.detail.elt;
    const text = source.dataset.consequence || event.detail.question;
    if (!text) return;
    event.preventDefault();
    // What the deed will ask for is asked before the question, not after it.
    const needed = source.dataset.needs && $(source.dataset.needs);
    if (needed && !needed.value.trim()) {
      idle(source);
      idle(source.form ?? source);
      needed.setAttribute("aria-invalid", "true");
      needed.focus();
      toast(source.dataset.needsText, "error");
      return;
    }
    const box = $("#ask");
    $("#ask-yes").classList.toggle("btn-danger", source.matches(".btn-bad"));
    $("#ask-title").textContent = source.dataset.title || "请确认";
    $("#ask-text").textContent = text;
    $("#ask-yes").textContent = source.dataset.yes || "确定";
    box.returnValue = "";
    box.addEventListener("close", () => {
      if (box.returnValue === "yes") event.detail.issueRequest(true);
      else idle(source);
    }, { once: true });
    box.showModal();
  }

  /* --- toasts -------------------------------------------------------------- */
  function toast(text, level) {
    const item = document.createElement("div");
    item.className = level === "error" ? "toast-c bad" : "toast-c";
    const words = document.createElement("span");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.setAttribute("aria-label", "关闭");
    close.textContent = "×";
    item.append(words, close);
    $("#toasts").append(item);
    fade(item);
  }
  const fade = (item) => setTimeout(() => item.remove(), item.classList.contains("bad") ? 12000 : 6000);
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));
  document.addEventListener("htmx:sendError", () => toast("连不上服务器，内容没有丢，请稍后再试。", "error"));
  document.addEventListener("htmx:timeout", () => toast("服务器太久没有回答，请再试一次；重复提交不会重复办理。", "error"));

  /* --- delegated clicks ----------------------------------------------------- */
  document.addEventListener("click", (event) => {
    const off = event.target.closest('[aria-disabled="true"]');
    if (off) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (off.dataset.why) showWhy(off.dataset.why);
      return;
    }
    const opener = event.target.closest("[data-dialog]");
    if (opener) { event.preventDefault(); $(opener.dataset.dialog)?.showModal(); return; }
    const closer = event.target.closest("[data-close]");
    if (closer) {
      const box = closer.closest("dialog");
      if (box) { event.preventDefault(); box.close(); }
      return;
    }
    if (event.target.closest("#toasts button")) { event.target.closest(".toast-c").remove(); return; }
    const adder = event.target.closest("[data-add-row]");
    if (adder) { addRow(adder); return; }
    const dropper = event.target.closest("[data-drop-row]");
    if (dropper) { dropper.closest(".repeat").remove(); return; }
    const peek = event.target.closest("[data-peek]");
    // On a phone the drawer would be the whole screen, and Back would leave the list: there the file is a page.
    if (peek && !event.ctrlKey && !event.metaKey && !event.shiftKey && !phone.matches) {
      event.preventDefault();
      const url = new URL(peek.href);
      url.hash = "";
      url.searchParams.set("peek", "1");
      for (const row of $$("[data-row].at")) row.classList.remove("at");
      peek.closest("[data-row]")?.classList.add("at");
      htmx.ajax("GET", url.pathname + url.search, { target: "#drawer-body", swap: "innerHTML" })
        .then(() => { if (peek.matches("[data-peek-compose]")) $("#drawer #compose textarea")?.focus(); });
      return;
    }
    const write = event.target.closest("[data-compose]");
    const box = write && $("#compose textarea");
    if (box) { event.preventDefault(); box.focus(); box.scrollIntoView({ block: "center" }); return; }
    const fill = event.target.closest("[data-fill]");
    if (fill) { const field = $(fill.dataset.fill); field.value = fill.dataset.text; field.focus(); }
  }, true);

  // The reason a button is off is in the page, four lines of it; a click brings it up instead of doing nothing.
  function showWhy(id) {
    const source = document.getElementById(id);
    if (!source) return;
    $("#why-body").replaceChildren(source.content.cloneNode(true));
    $("#why").showModal();
  }

  function addRow(button) {
    const template = document.getElementById(button.dataset.addRow);
    const list = $(button.dataset.into);
    const index = Date.now().toString(36);
    const row = template.content.firstElementChild.cloneNode(true);
    for (const node of $$("[name],[id],[for],[aria-describedby]", row)) {
      for (const name of ["name", "id", "for", "aria-describedby"]) {
        if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replaceAll("__row__", index));
      }
    }
    list.append(row);
    htmx.process(row);
    dress(row);
    $("input,select,textarea", row)?.focus();
  }

  /* --- fields ---------------------------------------------------------------- */
  function dress(root) {
    for (const select of $$("select[data-pick]", root)) {
      if (select.tomselect) continue;
      new TomSelect(select, {
        maxOptions: 200,
        plugins: select.multiple ? ["remove_button"] : [],
        render: { no_results: () => '<div class="no-results">没有匹配的选项</div>' },
        ...(select.dataset.pick ? remote(select) : {}),
      });
      // Its control has taken the label over; what is left of it is for nobody to meet.
      select.setAttribute("aria-hidden", "true");
    }
    for (const box of $$(".table-box", root)) {
      const slid = () => box.classList.toggle("slid", box.scrollLeft > 2);
      box.addEventListener("scroll", slid, { passive: true });
      // A part that scrolls must be reachable by keyboard too.
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    }
    for (const list of $$("[data-sortable]", root)) Sortable.create(list, { handle: ".grip", animation: 120 });
    for (const item of $$(".toast-c:not(.still)", root)) fade(item);
    const wrong = $(".field.bad :is(input,select,textarea)", root);
    if (wrong) wrong.focus({ preventScroll: false });
    // What is refused after sending stands above the form; whoever pressed the button is below it.
    const said = root !== document.body && !wrong && $(':is(.refusal:not([data-outcome="depends"]), .note.red)[role=alert]', root);
    if (said && root.matches?.("form")) said.scrollIntoView({ block: "start" });
  }
  const remote = (select) => ({
    valueField: "id",
    labelField: "name",
    searchField: [],
    // The first ones are there before anything is typed: an empty list that opens to nothing looks broken.
    preload: "focus",
    load(query, done) {
      fetch(`${select.dataset.pick}?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : []))
        // What matched something else that was typed before must not stand among what matches now.
        .then((found) => { if (query !== this.inputValue()) return done(); this.clearOptions(); done(found); }, () => done());
    },
  });

  /* --- drawer ------------------------------------------------------------------ */
  // It opens at the click and says that it is fetching; what arrives after it was closed stays away.
  const phone = window.matchMedia("(max-width: 767.98px)");
  let wanted = false;
  function open() {
    wanted = true;
    if ($("#drawer").matches(".show,.showing")) return;
    const wait = document.createElement("p");
    wait.className = "muted p-3";
    wait.textContent = "正在打开…";
    $("#drawer-body").replaceChildren(wait);
    window.tabler?.bootstrap.Offcanvas.getOrCreateInstance("#drawer").show();
  }
  const shut = (event) => { if (event.detail.target?.id === "drawer-body") window.tabler?.bootstrap.Offcanvas.getInstance("#drawer")?.hide(); };
  document.addEventListener("htmx:sendError", shut);
  document.addEventListener("htmx:timeout", shut);
  document.addEventListener("hide.bs.offcanvas", (event) => { if (event.target.id === "drawer") wanted = false; });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id !== "drawer-body") return;
    const page = phone.matches && event.detail.elt.href;
    if (page) { event.preventDefault(); location.href = page; } else open();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.requestConfig?.target?.id !== "drawer-body") return;
    if (!wanted && event.detail.target?.id === "drawer-body") event.detail.shouldSwap = false;
    // What could not be shown is told in a window of its own, with nothing behind it.
    if (event.detail.xhr.status >= 400) window.tabler?.bootstrap.Offcanvas.getInstance("#drawer")?.hide();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "drawer-body") {
      window.tabler?.bootstrap.Offcanvas.getOrCreateInstance("#drawer").show();
      // A next page has taken away what had the focus; without it Escape would go nowhere.
      if (!document.activeElement?.closest("#drawer")) $("#drawer").focus();
    }
    if (event.detail.target?.id === "dialog-body") { const box = $("#dialog"); if (!box.open) box.showModal(); }
  });
  document.addEventListener("why", () => { const box = $("#why"); if (!box.open) box.showModal(); });
  document.addEventListener("done", () => { $("#dialog")?.close(); });

  /* --- keyboard ------------------------------------------------------------------ */
  const typing = (node) => node.closest?.("input,textarea,select,[contenteditable],dialog,.ts-wrapper");
  const rows = () => $$("[data-row]").filter((row) => row.offsetParent !== null);
  function step(by) {
    const list = rows();
    if (!list.length) return;
    const at = list.findIndex((row) => row.classList.contains("at"));
    list[at]?.classList.remove("at");
    const next = list[Math.min(Math.max(at + by, 0), list.length - 1)];
    next.classList.add("at");
    next.scrollIntoView({ block: "nearest" });
  }
  const keys = {
    "/": () => $("#q")?.focus(),
    n: () => { const link = $("[data-new]"); if (link) link.click(); },
    j: () => step(1),
    k: () => step(-1),
    Enter: () => $(".at [data-open]")?.click(),
    "?": () => $("#keys")?.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.id === "q") { event.target.value = ""; $("#q-results").replaceChildren(); event.target.blur(); return; }
    // Down and up walk through what the search found, Enter opens it.
    const found = event.target.closest?.(".kd-search") && $$("#q-results a");
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (found?.length && by) {
      event.preventDefault();
      (found[found.indexOf(document.activeElement) + by] ?? $("#q")).focus();
      return;
    }
    if (event.key === "Escape" && found?.length) { $("#q").focus(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "Enter" && event.target.closest("a,button,[role=button]")) return;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".kd-search")) $("#q-results")?.replaceChildren();
  });

  /* --- Alpine: the few parts with a state of their own ------------------------------ */
  document.addEventListener("alpine:init", () => {
    // Rows that are ticked, and the bar that says how many.
    Alpine.data("picked", () => ({
      count: 0,
      get any() { return this.count > 0; },
      get none() { return this.count === 0; },
      recount() { this.count = $$("[data-pick-row]:checked", this.$root).length; },
      all(event) { for (const box of $$("[data-pick-row]", this.$root)) box.checked = event.target.checked; this.recount(); },
      clear() { for (const box of $$("input[type=checkbox]", this.$root)) box.checked = false; this.recount(); },
    }));
    // A part that opens and closes.
    Alpine.data("fold", () => ({
      open: false,
      init() { this.open = this.$root.dataset.open === "yes"; },
      toggle() { this.open = !this.open; },
      get shut() { return !this.open; },
      get look() { return this.open ? "open" : ""; },
    }));
  });

  htmx.onLoad((root) => { dress(root); showTab(root.parentElement ?? root); });
})();
