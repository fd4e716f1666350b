/* What somebody has typed is not lost: not by a sign-in that ended, not by a tab, a drawer or a page that was left. */
(() => {
  "use strict";
  const $$ = (css, root = document) => [...root.querySelectorAll(css)];
  const person = () => document.body.dataset.person ?? "";
  const say = (text, level) => document.body.dispatchEvent(new CustomEvent("toast", { bubbles: true, detail: { text, level } }));

  /* --- the session was renewed in another window ------------------------------------- */
  // Signing in again changes the token of every page. The refusal brings the new one; what was refused is sent once more.
  const pressed = new WeakMap();
  document.addEventListener("submit", (event) => pressed.set(event.target, event.submitter), true);
  document.addEventListener("renewed", (event) => {
    const { token, person: now, name } = event.detail;
    if (String(now) !== person()) {
      say(`现在登录的是${name}，不是打开这一页的人，没有提交。请换回原来的账号再提交。`, "error");
      return;
    }
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    for (const input of $$("input[name=csrfmiddlewaretoken]")) input.value = token;
    const form = event.target.closest?.("form");
    if (!form || form.dataset.renewed) { say("登录已续上，请再点一次。"); return; }
    form.dataset.renewed = "yes";
    // Not before htmx has finished with the refused one.
    form.addEventListener("htmx:afterRequest", () => setTimeout(() => form.requestSubmit(pressed.get(form) ?? undefined)), { once: true });
  });

  /* --- leaving a form that was begun ---------------------------------------------------- */
  const kept = (form) => form?.method === "post" && form.closest("main, dialog, .drawer") && !form.matches("[data-download]");
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (kept(form) && event.target.matches("textarea, input:not([type=hidden],[type=search],[type=checkbox],[type=radio],[type=password])")) form.dataset.typed = "yes";
  });
  document.addEventListener("submit", (event) => { if (!event.target.hasAttribute("hx-post")) delete event.target.dataset.typed; });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const form = event.detail.elt.closest?.("form");
    if (!form || event.detail.xhr.status >= 400) return;
    delete form.dataset.typed;
    forget(form);
  });
  // 取消 is an answer already; whoever presses it is not asked again.
  document.addEventListener("click", (event) => {
    const away = event.target.closest(".form-foot a, form footer a");
    if (away?.closest("form")) delete away.closest("form").dataset.typed;
  });
  window.addEventListener("beforeunload", (event) => {
    if ($$("form[data-typed]").some((form) => form.offsetParent !== null && !form.matches("[data-draft]"))) event.preventDefault();
  });
  // Escape closes a dialog; one in which something was typed asks for 取消 instead.
  document.addEventListener("cancel", (event) => {
    if (event.target.matches?.("dialog") && event.target.querySelector("form[data-typed]")) {
      event.preventDefault();
      say("内容还没有提交。不要了就点“取消”。");
    }
  }, true);

  /* --- a follow-up that was begun -------------------------------------------------------- */
  // Of this tab and this person only; the key goes with it, so that what had arrived after all is not done twice.
  const place = (form) => `draft:${person()}:${new URL(form.action).pathname}`;
  const parts = (form) => [form.elements.content, form.elements.kind, form.elements.key].filter(Boolean);
  const forget = (form) => { if (form.matches("[data-draft]")) sessionStorage.removeItem(place(form)); };
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form?.matches("[data-draft]")) return;
    if (!form.elements.content.value.trim()) { forget(form); return; }
    sessionStorage.setItem(place(form), JSON.stringify(Object.fromEntries(parts(form).map((one) => [one.name, one.value]))));
  });
  function restore(form) {
    const draft = JSON.parse(sessionStorage.getItem(place(form)) ?? "null");
    if (!draft || form.elements.content.value) return;
    for (const one of parts(form)) one.value = draft[one.name] ?? one.value;
    form.classList.add("restored");
  }
  document.addEventListener("submit", (event) => {
    const leaving = event.target.action?.endsWith("/logout/");
    for (const key of Object.keys(sessionStorage)) if (leaving && key.startsWith("draft:")) sessionStorage.removeItem(key);
  });
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith("draft:") && person() && !key.startsWith(`draft:${person()}:`)) sessionStorage.removeItem(key);
  }
  htmx.onLoad((root) => {
    for (const form of [root, ...$$("[data-draft]", root)]) if (form.matches?.("[data-draft]")) restore(form);
  });
})();
