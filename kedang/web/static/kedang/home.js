/* 首页: charts are drawn when a card that has one arrives; ECharts is fetched then, and once. */
(() => {
  "use strict";
  const source = document.currentScript?.dataset.charts;
  let loading = null;

  // The content policy allows no style attributes. ECharts writes fonts that way; set through the object they are allowed.
  function tame() {
    const plain = SVGElement.prototype.setAttribute;
    SVGElement.prototype.setAttribute = function (name, value) {
      if (name === "style") this.style.cssText = value;
      else plain.call(this, name, value);
    };
  }
  function library() {
    loading ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = () => { tame(); done(window.echarts); };
      script.onerror = failed;
      document.head.append(script);
    });
    return loading;
  }

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  function options(told) {
    const ink = css("--kd-ink-3"), line = css("--kd-line"), blue = css("--kd-blue"), red = css("--kd-red");
    const flat = told.kind === "bars";
    const text = { color: ink, fontSize: 12, fontFamily: getComputedStyle(document.body).fontFamily };
    const names = { type: "category", data: told.labels, inverse: flat, axisTick: { show: false }, axisLine: { lineStyle: { color: line } }, axisLabel: text };
    const numbers = { type: "value", max: told.most, minInterval: 1, splitLine: { lineStyle: { color: line } }, axisLabel: { ...text, show: !flat } };
    const data = told.values.map((value) => (flat ? { value, itemStyle: { color: value < 80 ? red : blue } } : value));
    return {
      animation: false,
      grid: { left: 4, right: flat ? 44 : 8, top: flat ? 4 : 18, bottom: 2, containLabel: true },
      xAxis: flat ? numbers : names,
      yAxis: flat ? names : numbers,
      series: [{
        type: "bar", name: told.name, data, barMaxWidth: flat ? 14 : 26, itemStyle: { color: red, borderRadius: 2 },
        label: { show: flat || told.values.length <= 16, position: flat ? "right" : "top", ...text, formatter: (one) => (flat || one.value ? `${one.value}${flat ? told.unit : ""}` : "") },
        cursor: "pointer",
      }],
    };
  }
  async function draw(box) {
    const told = JSON.parse(box.querySelector("script").textContent);
    box.style.height = told.kind === "bars" ? `${Math.max(told.labels.length * 26 + 12, 70)}px` : "170px";
    const echarts = await library();
    const chart = echarts.init(box.appendChild(document.createElement("div")), null, {
      renderer: "svg", width: box.clientWidth, height: box.clientHeight,
    });
    chart.setOption(options(told));
    chart.on("click", (one) => { if (told.urls[one.dataIndex]) location.href = told.urls[one.dataIndex]; });
    new ResizeObserver(() => chart.resize({ width: box.clientWidth, height: box.clientHeight })).observe(box);
  }
  const charts = (root) => {
    for (const box of root.querySelectorAll(".chart:not([data-drawn])")) {
      box.dataset.drawn = "yes";
      if (source) draw(box).catch(() => box.remove());
    }
  };

  document.addEventListener("htmx:afterSwap", (event) => {
    event.detail.target?.removeAttribute("aria-busy");
    charts(event.detail.target ?? document);
  });
  // A card that could not be counted says so in its place; the others stand.
  document.addEventListener("htmx:responseError", (event) => failed(event.detail.elt));
  document.addEventListener("htmx:sendError", (event) => failed(event.detail.elt));
  function failed(card) {
    const wait = card?.querySelector?.(".card-wait");
    if (wait) wait.textContent = "这张卡片没有统计出来，请刷新再试。";
    card?.removeAttribute?.("aria-busy");
  }

  /* 卡片设置: up and down by buttons, by keyboard as by hand. */
  document.addEventListener("click", (event) => {
    const mover = event.target.closest("[data-shift]");
    if (!mover) return;
    const line = mover.closest("li");
    if (mover.dataset.shift === "up") line.previousElementSibling?.before(line);
    else line.nextElementSibling?.after(line);
    mover.focus();
  });
})();
