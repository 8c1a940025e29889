import { init, type EChartsCoreOption } from 'echarts';
import { toPlot } from './amounts';
import { raw, type Html } from './html';
import { monthLabel, POOL_KEYS, POOLS } from './labels';

/**
 * Colours that the style sheet replaces (`svg [fill="#010101"]`), so that a drawing follows light, dark and paper. The
 * drawing itself is static: the numbers it shows are in the table beside it.
 */
const POOL_INKS = ['#010101', '#020202', '#030303'] as const;
const AXIS_INK = '#040404';
const GRID_INK = '#050505';

const WIDTH = 460;
const HEIGHT = 230;

/** echarts names things by a counter of its process, adds hover rules and data attributes: none of it belongs on a page. */
function clean(svg: string, prefix: string, title: string): string {
  return svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ class="zr\d+-cls-\d+"/g, '')
    .replace(/ ecmeta_\w+="[^"]*"/g, '')
    .replace(/ (?:xmlns(?::xlink)?|baseProfile|version|pointer-events)="[^"]*"/g, '')
    .replace(/zr\d+-/g, `${prefix}-`)
    .replace(/font-family:[^;"]*;/g, '')
    .replace(/<rect width="\d+" height="\d+" x="0" y="0" fill="none"><\/rect>/, '')
    .replace(/^<svg width="\d+" height="\d+"/, `<svg role="img" aria-label="${title}"`)
    .replace(/\n/g, '');
}

export interface MonthlyChart {
  /** Unique on the page, of letters, digits and hyphens. */
  id: string;
  /** Read by screen readers in place of the drawing; a fixed text, never one from a file. */
  title: string;
  months: readonly string[];
  /** Fen per month and pool, in the order of {@link POOL_KEYS}. */
  values: readonly (readonly bigint[])[];
}

function axisLabel(value: number): string {
  return value >= 10_000 ? `${value / 10_000}亿` : value.toLocaleString('en-US');
}

function options(chart: MonthlyChart): EChartsCoreOption {
  const crowded = chart.months.length > 12;
  return {
    animation: false,
    textStyle: { fontSize: 12 },
    grid: { left: 52, right: 8, top: 14, bottom: 26 },
    xAxis: {
      type: 'category',
      data: chart.months.map((month) => (crowded ? month : monthLabel(month))),
      axisLine: { lineStyle: { color: AXIS_INK } },
      axisTick: { show: false },
      axisLabel: { color: AXIS_INK, interval: crowded ? 'auto' : 0, fontSize: 11.5 },
    },
    yAxis: {
      type: 'value',
      splitNumber: 4,
      axisLabel: { color: AXIS_INK, formatter: axisLabel, fontSize: 11.5 },
      splitLine: { lineStyle: { color: GRID_INK } },
    },
    series: POOL_KEYS.map((key, index) => ({
      name: POOLS[key].zh,
      type: 'bar',
      stack: 'pools',
      silent: true,
      emphasis: { disabled: true },
      barWidth: '58%',
      color: POOL_INKS[index],
      data: chart.values.map((month) => toPlot(month[index] ?? 0n)),
    })),
  };
}

/** Draws months by pool in ten thousand yuan as one SVG element. Equal input gives equal bytes. */
export function drawMonthly(chart: MonthlyChart): Html {
  const canvas = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    canvas.setOption(options(chart));
    return raw(clean(canvas.renderToSVGString(), chart.id, chart.title));
  } finally {
    canvas.dispose();
  }
}
