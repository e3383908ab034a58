// Starts the page.

import { startLoader } from './loader.js';
import { startWriter, useModel } from './writer.js';

startWriter();
startLoader(useModel);
