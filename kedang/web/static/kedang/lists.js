/* Lists: rows that are ticked, columns as wide as somebody drew them, the board, walking through the drawer. */
(() => {
  "use strict";
  const $ = (css, root = document) => root.querySelector(css);
  const $$ = (css, root = document) => [...root.querySelectorAll(css)];
  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

  /* --- 已选中 n 项 ------------------------------------------------------------------ */
  // The bar says at once how many; what may be done with them the server decides, by the rules of the deed itself.
  let asking = 0;
  const ticked = () => $$("[data-pick-row]:checked").map((box) => box.value);
  function recount(whole) {
    const bar = $("#picked");
    if (!bar) return;
    const ids = ticked();
    const all = $("[data-pick-all]");
    const boxes = $$("[data-pick-row]");
    if (all) {
      all.checked = ids.length > 0 && ids.length === boxes.length;
      all.indeterminate = ids.length > 0 && ids.length < boxes.length;
    }
    for (const box of boxes) box.closest("tr").classList.toggle("on", box.checked);
    clearTimeout(asking);
    bar.hidden = ids.length === 0;
    if (!ids.length) { bar.replaceChildren(); return; }
    if (!bar.firstElementChild) {
      const words = document.createElement("b");
      words.textContent = `已选中 ${ids.length} 项，正在按制度判断…`;
      bar.append(words);
    } else {
      const number = $("b .num", bar);
      if (number) number.textContent = ids.length;
    }
    asking = setTimeout(() => {
      htmx.ajax("POST", bar.dataset.url, {
        target: "#picked", swap: "innerHTML",
        values: { ids: ids.join(","), all: whole ? "yes" : "", state: location.search.slice(1) },
      });
    }, whole ? 0 : 200);
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      for (const box of $$("[data-pick-row]")) box.checked = event.target.checked;
      recount();
    } else if (event.target.matches("[data-pick-row]")) recount();
  });
  // Shift and a click ticks everything between two boxes, as in a file manager.
  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target.closest("[data-pick-row]");
    if (box) {
      const boxes = $$("[data-pick-row]");
      if (event.shiftKey && last && boxes.includes(last)) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const one of boxes.slice(from, to + 1)) one.checked = box.checked;
      }
      last = box;
      return;
    }
    if (event.target.closest("[data-pick-whole]")) recount(true);
    if (event.target.closest("[data-pick-none]")) {
      for (const one of $$("[data-pick-row]:checked")) one.checked = false;
      recount();
    }
  });

  /* --- columns: width by the right edge, order in 列设置 --------------------------------- */
  function widen(root) {
    for (const table of $$("table[data-widths]", root)) {
      for (const head of $$("th[data-col]", table)) {
        if (head.dataset.width) fix(head, Number(head.dataset.width));
        const edge = document.createElement("span");
        edge.className = "col-edge";
        edge.addEventListener("pointerdown", (event) => pull(event, table, head, edge));
        head.append(edge);
      }
    }
  }
  function fix(head, width) {
    head.style.width = head.style.minWidth = head.style.maxWidth = `${width}px`;
    const at = [...head.parentElement.children].indexOf(head);
    for (const row of $$("tbody tr", head.closest("table"))) {
      const cell = row.children[at];
      if (cell) { cell.style.maxWidth = `${width}px`; cell.classList.add("cut"); }
    }
  }
  function pull(event, table, head, edge) {
    event.preventDefault();
    const from = event.clientX;
    const width = head.getBoundingClientRect().width;
    edge.setPointerCapture(event.pointerId);
    const move = (now) => fix(head, Math.min(Math.max(Math.round(width + now.clientX - from), 60), 600));
    const end = () => {
      edge.removeEventListener("pointermove", move);
      const body = new URLSearchParams({ widths: "yes", [`w-${head.dataset.col}`]: Math.round(head.getBoundingClientRect().width) });
      fetch(table.dataset.widths, { method: "POST", body, headers: { "X-CSRFToken": token(), "HX-Request": "true" } });
    };
    edge.addEventListener("pointermove", move);
    edge.addEventListener("pointerup", end, { once: true });
  }
  document.addEventListener("click", (event) => {
    const mover = event.target.closest("[data-move]");
    if (!mover) return;
    const line = mover.closest("li");
    if (mover.dataset.move === "up") line.previousElementSibling?.before(line);
    else line.nextElementSibling?.after(line);
    mover.focus();
  });

  /* --- 看板 ------------------------------------------------------------------------------ */
  // A card that was moved is drawn again from the server: where it may not go, it is back where it was.
  // One after the other: an older answer must not draw over a newer one.
  let moving = Promise.resolve();
  function drop(card, to) {
    const key = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`;
    const at = card.dataset.card;
    const values = { by: $("#rows").dataset.by, to, key };
    const url = card.dataset.url;
    card.setAttribute("aria-busy", "true");
    moving = moving
      .then(() => htmx.ajax("POST", url, { source: document.body, swap: "none", values }))
      .catch(() => {})
      .then(() => htmx.ajax("GET", location.pathname + location.search, { target: "#rows", swap: "outerHTML" }))
      .then(() => $(`[data-card="${CSS.escape(at)}"] [data-lane-to]`)?.focus({ preventScroll: true }));
  }
  function lay(root) {
    for (const list of $$("[data-lane-cards]", root)) {
      Sortable.create(list, {
        group: "board", draggable: ".card-c", filter: ".lane-to,.star", preventOnFilter: false, animation: 120, delay: 150, delayOnTouchOnly: true,
        onEnd: (event) => {
          if (event.from !== event.to) drop(event.item, event.to.dataset.value);
        },
      });
    }
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-lane-to]") && event.target.value) drop(event.target.closest("[data-card]"), event.target.value);
  });
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-lane-tab]");
    if (!tab) return;
    for (const one of $$("[data-lane-tab]")) one.setAttribute("aria-pressed", String(one === tab));
    for (const lane of $$("[data-lane]")) lane.classList.toggle("on", lane.dataset.lane === tab.dataset.laneTab);
  });
  // A deed that asks for a reason has its own dialog.
  document.addEventListener("dialog", (event) => htmx.ajax("GET", event.detail.value ?? event.detail, { target: "#dialog-body", swap: "innerHTML" }));

  /* --- the drawer walks the list ------------------------------------------------------------ */
  const open = () => $("#drawer")?.matches(".show,.showing");
  const rows = () => $$("[data-row]").filter((row) => row.offsetParent !== null && $("[data-peek]", row));
  function walk(by) {
    const list = rows();
    const at = list.findIndex((row) => row.classList.contains("at"));
    const next = list[at + by];
    if (!next) return;
    list[at]?.classList.remove("at");
    next.classList.add("at");
    next.scrollIntoView({ block: "nearest" });
    $("[data-peek]", next).click();
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-walk]");
    if (button) walk(Number(button.dataset.walk));
  });
  document.addEventListener("keydown", (event) => {
    if (!open() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input,textarea,select,dialog,.ts-wrapper,.dropdown-menu,[role=menu]")) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) { event.preventDefault(); walk(by); }
  });
  // What was written in the drawer shows in the list once it is closed; ticked rows are not lost for it.
  let changed = false;
  document.addEventListener("changed", () => { changed = true; });
  document.addEventListener("hidden.bs.offcanvas", (event) => {
    if (event.target.id !== "drawer") return;
    const at = $("[data-row].at, [data-card].at")?.dataset.row;
    const back = () => {
      const row = $$(`[data-row="${CSS.escape(at ?? "")}"]`).find((one) => one.offsetParent !== null);
      row?.classList.add("at");
      $("[data-peek]", row ?? document)?.focus({ preventScroll: true });
    };
    if (!changed || ticked().length) { back(); return; }
    changed = false;
    htmx.ajax("GET", location.pathname + location.search, { target: "#rows", swap: "outerHTML" }).then(back);
  });

  htmx.onLoad((root) => { widen(root); lay(root); if (root.id === "rows" || $("#rows", root)) recount(); });
})();
