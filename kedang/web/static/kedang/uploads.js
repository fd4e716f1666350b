/* Uploads of form fields: each file goes up at once, beside the form; the form then only names it. An error in another
   field therefore loses nothing, and a big file is not sent twice. */
(() => {
  "use strict";
  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
  const going = new Set();

  function line(list, text) {
    const item = document.createElement("li");
    const words = document.createElement("span");
    words.className = "clip grow";
    words.textContent = text;
    const bar = document.createElement("progress");
    bar.className = "bar";
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", `正在上传 ${text}`);
    item.append(words, bar);
    list.append(item);
    return { item, bar };
  }

  function fail(item, name, text) {
    item.className = "bad";
    item.setAttribute("role", "alert");
    const words = document.createElement("span");
    words.className = "grow";
    const strong = document.createElement("b");
    strong.textContent = name;
    words.append(strong, ` ${text}`);
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn-bare btn-s";
    close.dataset.uploadDrop = "";
    close.textContent = "知道了";
    item.replaceChildren(words, close);
  }

  function send(box, field, file) {
    const { item, bar } = line(box.querySelector(".upload-list"), file.name);
    const body = new FormData();
    body.append("field", field);
    body.append("upload", file);
    const request = new XMLHttpRequest();
    going.add(request);
    request.open("POST", box.dataset.upload);
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total; });
    request.addEventListener("loadend", () => going.delete(request));
    request.addEventListener("load", () => {
      if ([200, 422, 507].includes(request.status)) {
        const parsed = new DOMParser().parseFromString(`<ul>${request.responseText}</ul>`, "text/html");
        item.replaceWith(...parsed.querySelectorAll("li"));
        box.dispatchEvent(new Event("change", { bubbles: true }));
      } else fail(item, file.name, request.status === 413 ? "文件太大，没有收下" : "没有传上去，请刷新页面后再试");
    });
    request.addEventListener("error", () => fail(item, file.name, "没有传上去：连接断了，或文件超过了上限"));
    request.send(body);
  }

  const take = (box, field, files) => { for (const file of files) send(box, field, file); };
  const fieldOf = (box) => box.querySelector("[data-upload-to]").dataset.uploadTo;

  document.addEventListener("change", (event) => {
    const input = event.target.closest?.("input[data-upload-to]");
    if (!input) return;
    take(input.closest("[data-upload]"), input.dataset.uploadTo, [...input.files]);
    input.value = "";
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const box = event.target.closest?.("[data-upload]");
      if (!box || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      box.classList.toggle("over", kind === "dragover");
      if (kind === "drop") take(box, fieldOf(box), [...event.dataTransfer.files]);
    });
  }
  document.addEventListener("click", (event) => {
    const drop = event.target.closest("[data-upload-drop]");
    if (!drop) return;
    const input = drop.closest("[data-upload]").querySelector("input[type=file]");
    drop.closest("li").remove();
    input.focus();
  });
  // What is still on its way would be missing from the form.
  const waits = (event) => {
    if (!going.size || !event.target.querySelector?.("[data-upload]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: "文件还在上传，传完后再提交。", level: "error" } }));
  };
  window.addEventListener("submit", waits, true);
})();
document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });
