// Starts the page.

import { startKept } from './kept.js';
import { startLanguage } from './language.js';
import { startLoader } from './loader.js';
import { startWriter, useModel } from './writer.js';

startLanguage();
startWriter();
startLoader(useModel);
startKept();
