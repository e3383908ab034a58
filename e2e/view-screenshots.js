// Takes the pictures of the view of attention that docs/view.md shows. Usage: node view-screenshots.js FOLDER

import { launch } from './lib/browser.js';
import { serve } from './lib/server.js';
import { shots } from './lib/view-shots.js';

const [folder = '../docs'] = process.argv.slice(2);
const server = await serve();
const browser = await launch();
try {
  for (const { file } of await shots(browser, server.origin, folder)) console.log(file);
} finally {
  await browser.close();
  server.close();
}
