/* global document, getComputedStyle, SVGElement */
// Runs in the page (tests/browser/report.test.ts): texts whose contrast is below WCAG 2.2 AA, 4.5, or 3 for large text,
// each with what was measured.
(() => {
  const parse = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((channel) => {
      const value = channel / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const over = (top, under) => {
    const alpha = top[3] ?? 1;
    return [0, 1, 2].map((channel) => top[channel] * alpha + under[channel] * (1 - alpha));
  };
  const backdrop = (element) => {
    const layers = [];
    for (let node = element; node; node = node.parentElement)
      layers.unshift(parse(getComputedStyle(node).backgroundColor));
    return layers.reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const weak = new Map();
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!own || !element.checkVisibility() || element.tagName === 'SCRIPT' || element.tagName === 'STYLE') continue;
    const style = getComputedStyle(element);
    const ink = parse(element instanceof SVGElement ? style.fill : style.color);
    const [light, dark] = [luminance(ink), luminance(backdrop(element))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 600);
    const where = `${element.tagName}.${element.getAttribute('class') ?? ''}`;
    if (ratio < (large ? 3 : 4.5)) weak.set(where, `${ratio.toFixed(2)} ${element.textContent.slice(0, 20)}`);
  }
  return [...weak].map(([where, what]) => `${where}: ${what}`);
})();
