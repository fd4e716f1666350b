/* Repeated rows of a form: copying one, and pasting several out of a spreadsheet. */
(() => {
  "use strict";
  const $$ = (css, root) => [...root.querySelectorAll(css)];
  const fold = (text) => text.replace(/[\s*：:（）()]/g, "");

  /* The fields of a row in their order: what they are called, and their inputs. */
  const fieldsOf = (row) => $$(".field", row).map((field) => ({
    name: fold(field.querySelector("label, .label")?.firstChild?.textContent ?? ""),
    inputs: $$("input, select, textarea", field),
  }));

  function put(inputs, value) {
    const radios = inputs.filter((input) => input.type === "radio");
    if (radios.length) {
      const chosen = radios.find((input) => input.value === value || fold(input.parentElement.textContent) === fold(value));
      if (chosen) chosen.checked = true;
      return;
    }
    const [input] = inputs;
    if (!input) return;
    if (input.tagName === "SELECT") {
      const option = [...input.options].find((one) => one.value === value || fold(one.textContent) === fold(value));
      if (option) input.value = option.value;
    } else input.value = value;
  }

  const valueOf = (inputs) => {
    const radios = inputs.filter((input) => input.type === "radio");
    return radios.length ? radios.find((input) => input.checked)?.value ?? "" : inputs[0]?.value ?? "";
  };

  let made = 0;
  function newRow(template, list) {
    const index = `${Date.now().toString(36)}${(made += 1)}`;
    const row = template.content.firstElementChild.cloneNode(true);
    for (const node of $$("[name],[id],[for],[aria-describedby],[aria-labelledby]", row)) {
      for (const name of ["name", "id", "for", "aria-describedby", "aria-labelledby"]) {
        if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replaceAll("__row__", index));
      }
    }
    list.append(row);
    htmx.process(row);
    return row;
  }

  const blank = (row) => fieldsOf(row).every(({ inputs }) => {
    const radios = inputs.some((input) => input.type === "radio");
    return radios || !valueOf(inputs).trim();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy-row]");
    if (!button) return;
    const row = button.closest(".repeat");
    const copy = newRow(document.getElementById("blank-row"), row.parentElement);
    row.after(copy);
    const values = fieldsOf(row).map(({ inputs }) => valueOf(inputs));
    fieldsOf(copy).forEach(({ inputs }, at) => put(inputs, values[at]));
    copy.querySelector("input, select, textarea")?.select?.();
  });

  document.addEventListener("input", (event) => {
    const box = event.target.closest("[data-paste-rows]");
    if (!box || !box.value.includes("\t") && !box.value.includes("\n")) return;
    const lines = box.value.split(/\r?\n/).filter((line) => line.trim()).map((line) => line.split("\t"));
    const list = document.querySelector(box.dataset.pasteRows);
    const template = document.getElementById(box.dataset.template);
    const names = fieldsOf(template.content.firstElementChild).map((field) => field.name);
    const heads = lines[0].map(fold);
    const byName = heads.filter((head) => names.includes(head)).length > 1;
    const order = byName ? heads.map((head) => names.indexOf(head)) : names.map((_, at) => at);
    for (const row of $$(".repeat", list)) if (blank(row)) row.remove();
    for (const cells of byName ? lines.slice(1) : lines) {
      const fields = fieldsOf(newRow(template, list));
      cells.forEach((cell, at) => { if (fields[order[at]]) put(fields[order[at]].inputs, cell.trim()); });
    }
    box.value = "";
    box.closest("details").open = false;
  });
})();
