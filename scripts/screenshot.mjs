#!/usr/bin/env node
// Takes a picture of a report for docs/images: node scripts/screenshot.mjs REPORT.html OUT.png
//   [--width 1360] [--height 1000] [--selector '#r1-calendar'] [--full] [--dark]
// Needs a Chromium on this machine (CHROMIUM names another one than /usr/bin/chromium).
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    width: { type: 'string', default: '1360' },
    height: { type: 'string', default: '1000' },
    selector: { type: 'string' },
    full: { type: 'boolean', default: false },
    dark: { type: 'boolean', default: false },
    scale: { type: 'string', default: '1' },
  },
});
const [report, out] = positionals;
if (!report || !out) {
  console.error(
    'usage: node scripts/screenshot.mjs REPORT.html OUT.png [--width N] [--height N] [--selector CSS] [--full] [--dark]',
  );
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
});
try {
  const page = await browser.newPage({
    viewport: { width: Number(values.width), height: Number(values.height) },
    deviceScaleFactor: Number(values.scale),
    colorScheme: values.dark ? 'dark' : 'light',
  });
  await page.goto(pathToFileURL(report).href);
  if (values.selector) await page.locator(values.selector).screenshot({ path: out });
  else await page.screenshot({ path: out, fullPage: values.full });
} finally {
  await browser.close();
}
