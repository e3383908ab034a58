// A static file server for the tests: the right MIME types, Range requests, and routes that behave badly on purpose.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const www = fileURLToPath(new URL('../../www/', import.meta.url));

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.gguf': 'application/octet-stream',
};

/**
 * Serves www/.
 *
 * @param {Record<string, (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void>} [routes]
 *   handlers by path, asked before the files
 * @param {Record<string, string>} [headers] headers of every file
 */
export async function serve(routes = {}, headers = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    if (Object.hasOwn(routes, path)) return routes[path](request, response);
    await sendFile(join(www, normalize(path.endsWith('/') ? path + 'index.html' : path)), request, response, headers);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Sends a file, or the range of it that is asked for. */
export async function sendFile(file, request, response, headers = {}) {
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) return response.writeHead(404).end('not found');
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [start, end] = range ? [Number(range[1]), Math.min(Number(range[2]), info.size - 1)] : [0, info.size - 1];
  response.writeHead(range ? 206 : 200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'content-length': end - start + 1,
    'last-modified': info.mtime.toUTCString(),
    'cache-control': 'no-cache', // 'no-store' would forbid the service worker to keep it
    ...(range && { 'content-range': `bytes ${start}-${end}/${info.size}` }),
    ...headers,
  });
  if (info.size === 0) return response.end();
  createReadStream(file, { start, end }).pipe(response);
}
