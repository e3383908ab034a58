// The server of a measurement: engines, pages and model files, from this machine alone.

import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
const folders = { '/gander/': 'www/gander/', '/modules/': 'bench/node_modules/', '/page/': 'bench/page/' };

/**
 * Serves the folders above, and under /model/ what `modelFile` gives for a name.
 *
 * @param {(name: string) => string | undefined} modelFile
 * @param {{engine?: string, isolated?: boolean}} [options] a gander.wasm in place of that of www/; whether pages are cross-origin isolated
 */
export async function serve(modelFile, { engine, isolated = true } = {}) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    const prefix = Object.keys(folders).find((p) => path.startsWith(p));
    const file =
      path.startsWith('/model/') ? modelFile(path.slice('/model/'.length))
      : path === '/gander/gander.wasm' && engine ? engine
      : prefix && join(root, folders[prefix], path.slice(prefix.length));
    const info = file && statSync(file, { throwIfNoEntry: false });
    if (!info?.isFile()) return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'content-length': info.size,
      'cache-control': 'no-store',
      ...(isolated && { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }),
      'cross-origin-resource-policy': 'same-origin',
    });
    createReadStream(file, { highWaterMark: 1 << 20 }).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
