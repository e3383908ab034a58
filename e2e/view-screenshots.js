// Takes the pictures of the view of attention that docs/view.md shows. Usage: node view-screenshots.js FOLDER [LAYER HEAD]: the head that is shown large

import { launch } from './lib/browser.js';
import { serve } from './lib/server.js';
import { shots } from './lib/view-shots.js';

const [folder = '../docs', layer = '3', head = '5'] = process.argv.slice(2);
const server = await serve();
const browser = await launch();
try {
  for (const { file } of await shots(browser, server.origin, folder, { layer: Number(layer), head: Number(head) })) console.log(file);
} finally {
  await browser.close();
  server.close();
}
