// A server of a test file's own.

import { after, before } from 'node:test';

/**
 * Has a server listen while the tests of a file run.
 *
 * @param {import('node:http').Server} server
 * @param {(origin: string) => void} told gets its address
 */
export function loopback(server, told) {
  before(async () => {
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    told(`http://127.0.0.1:${server.address().port}`);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
}
