// Starts the page.

import { startKept } from './kept.js';
import { startLoader } from './loader.js';
import { startWriter, useModel } from './writer.js';

startWriter();
startLoader(useModel);
startKept();
