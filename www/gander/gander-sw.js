// Optional: keeps the page and the engine for offline use, and makes the page cross-origin isolated on hosts that cannot send the
// COOP and COEP headers. (Models are kept by Gander.load, which needs no service worker.)
//
// A page turns it on with one line, before its other scripts. A service worker only serves its own folder and those below, so either
// copy this file beside the page:
//
//   <script src="gander-sw.js"></script>
//
// or put a file sw.js there with the line `importScripts('./gander/gander-sw.js')`, and name it:
//
//   <script src="gander/gander-sw.js" data-worker="sw.js"></script>
//
// The engine's folder must be that of the page, or below: the workers of an isolated page need headers as well. If this file is outside,
// the page is left alone. With data-isolate="off" no headers are added to pages.
//
// This file is both the page's script and the service worker; it sees itself which.
//
// Service workers: https://w3c.github.io/ServiceWorker/. Isolation: https://html.spec.whatwg.org/multipage/browsers.html#coep.

(() => {
  if (globalThis.document) {
    const { src, dataset } = /** @type {HTMLScriptElement} */ (document.currentScript);
    if (navigator.serviceWorker) register(src, dataset.worker ?? src, dataset.isolate !== 'off').catch((error) => console.warn('gander-sw.js:', error));
  } else serve(/** @type {WorkerScope} */ (/** @type {unknown} */ (globalThis)));

  /**
   * The page's part.
   *
   * @param {string} script this file, which lies beside the engine
   * @param {string} worker
   * @param {boolean} isolate
   */
  async function register(script, worker, isolate) {
    await navigator.serviceWorker.register(worker, { updateViaCache: 'none' });
    const { active, scope } = await navigator.serviceWorker.ready;
    const within = script.startsWith(scope);
    if (isolate && !within && !globalThis.crossOriginIsolated) console.warn(`gander-sw.js: the page is not isolated, because ${script} is not within ${scope}`);
    if (await settle(active, isolate && within)) return location.reload();
    if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
    const names = performance.getEntriesByType('resource').map(({ name }) => name);
    await tell(active, { type: 'gander-keep', urls: [location.href, ...names] }); // what came before the worker was there
  }

  /**
   * Tells the worker whether to add headers. A frame says nothing: it is isolated if the page around it is.
   *
   * @param {ServiceWorker | null} active
   * @param {boolean} isolate
   * @returns {Promise<boolean>} whether the page must be loaded anew
   */
  async function settle(active, isolate) {
    const RELOADED = 'gander-reloaded';
    const MOST_RELOADS = 3;
    const { top, self, crossOriginIsolated } = globalThis;
    if (top !== self) return false;
    if (!isolate) return (await tell(active, { type: 'gander-isolate', on: false })) && crossOriginIsolated; // if it is by its host, headers were not added
    if (crossOriginIsolated) {
      sessionStorage.removeItem(RELOADED);
      return false;
    }
    const reloads = Number(sessionStorage.getItem(RELOADED)); // of this tab, since it was last isolated
    // The page came without the worker, and so without the headers. A busy browser may load it without the worker once more, which then
    // claims it: that it is controlled says nothing.
    const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
    const on = reloads === 0 || (reloads < MOST_RELOADS && !navigation?.workerStart); // else the browser has no COEP: credentialless
    await tell(active, { type: 'gander-isolate', on });
    if (on) sessionStorage.setItem(RELOADED, String(reloads + 1));
    return on;
  }

  /**
   * Sends a message, and waits until it was dealt with.
   *
   * @param {ServiceWorker | null} worker
   * @param {Message} message
   * @returns {Promise<boolean>} of 'gander-isolate' whether headers were added before
   */
  function tell(worker, message) {
    const { port1, port2 } = new MessageChannel();
    worker?.postMessage(message, [port2]);
    return new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
  }

  /** @typedef {{type: 'gander-isolate', on: boolean} | {type: 'gander-keep', urls: string[]}} Message */

  /** @typedef {Event & {waitUntil: (work: Promise<unknown>) => void}} WaitEvent */

  /**
   * The part of ServiceWorkerGlobalScope that is used here.
   *
   * @typedef {object} WorkerScope
   * @property {Location} location
   * @property {() => Promise<void>} skipWaiting
   * @property {{claim: () => Promise<void>}} clients
   * @property {(<E>(type: string, listener: (event: E) => void) => void)} addEventListener
   */

  /**
   * The worker's part: the network first, so that a new version is seen at once, and what was kept where there is none.
   *
   * @param {WorkerScope} scope
   */
  function serve(scope) {
    const SITE = 'gander-site-'; // and the time in ms when it was begun: a cache of what is kept; the newest is added to
    const MONTH = 30 * 24 * 3600 * 1000;
    const LARGEST = 64 << 20; // bytes of a file that is kept; models are not kept here
    const ISOLATE = new URL('gander-isolate', scope.location.href).href; // in a cache of its own: whether headers are added
    /** @type {Promise<Cache> | undefined} */
    let newest;
    /** @type {Set<string>} */
    const fresh = new Set(); // what came from the network since the worker started, or a page was asked for
    /** @type {Promise<boolean> | undefined} */
    let isolating; // a promise, so that what a page says while it is read stands

    scope.addEventListener('install', (/** @type {WaitEvent} */ event) => event.waitUntil(scope.skipWaiting()));
    scope.addEventListener('activate', (/** @type {WaitEvent} */ event) => event.waitUntil(scope.clients.claim()));
    scope.addEventListener('message', (/** @type {WaitEvent & MessageEvent<Message>} */ event) => {
      const answer = (/** @type {unknown} */ said) => event.ports[0]?.postMessage(said);
      event.waitUntil(receive(event.data).then(answer, () => answer(false)));
    });
    scope.addEventListener('fetch', (/** @type {WaitEvent & {request: Request, respondWith: (response: Promise<Response>) => void}} */ event) => {
      const { request } = event;
      // Models come in ranges, and past the HTTP cache: they go by.
      const ours = request.method === 'GET' && new URL(request.url).origin === scope.location.origin && !request.headers.has('range') && request.cache !== 'no-store';
      if (ours) event.respondWith(answer(request, event));
    });

    /** The names of the caches, the newest first. */
    async function sites() {
      const since = (/** @type {string} */ name) => Number(name.slice(SITE.length));
      return (await caches.keys()).filter((name) => name.startsWith(SITE)).sort((a, b) => since(b) - since(a));
    }

    /** The cache that is added to. */
    function site() {
      return (newest ??= sites().then(([name = SITE + Date.now()]) => caches.open(name)));
    }

    /** Begins a new cache each month. The one before stays, and what has not been asked for since that was begun goes with those before it. */
    async function renew() {
      const [name, ...older] = await sites();
      if (!name || Date.now() - Number(name.slice(SITE.length)) < MONTH) return;
      newest = caches.open(SITE + Date.now());
      for (const old of older) await caches.delete(old);
    }

    /**
     * What is kept.
     *
     * @param {RequestInfo} request
     * @param {CacheQueryOptions} [options]
     */
    async function find(request, options) {
      for (const name of await sites()) {
        const all = await (await caches.open(name)).matchAll(request, { ...options, ignoreVary: true }); // files are kept by their addresses
        const response = all.at(-1); // the newest
        if (response) return response;
      }
      return undefined;
    }

    /** @param {Message} message */
    async function receive(message) {
      const before = isolating ?? isolatingBefore();
      if (message?.type === 'gander-isolate') {
        isolating = Promise.resolve(message.on);
        await (await caches.open('gander-isolate')).put(ISOLATE, new Response(String(message.on)));
      } else if (message?.type === 'gander-keep') {
        const seen = new Set();
        const [page, ...files] = message.urls;
        if (fresh.size > 0) await renew(); // not without the network: what is kept is all that there is then
        await keepFile(page, seen, 'document');
        for (const url of files) await keepFile(url, seen);
      }
      return before;
    }

    /**
     * Keeps a file, if that was not done just now, and of a script the files that it names.
     *
     * @param {string} url
     * @param {Set<string>} seen
     * @param {string} [destination]
     * @returns {Promise<void>}
     */
    async function keepFile(url, seen, destination = '') {
      url = url.split('#')[0];
      if (seen.has(url) || new URL(url).origin !== scope.location.origin || /\.(gguf|safetensors)$/.test(new URL(url).pathname)) return;
      seen.add(url);
      let response = await find(url);
      const type = response?.headers.get('content-type') ?? '';
      if (!response || (!fresh.has(url) && /script|css|html|wasm|json/.test(type))) { // of what a version is made; a film may be large
        response = await fetch(url).catch(() => undefined);
        if (!response) return;
        if (!isToKeep(response, destination)) return void response.body?.cancel();
        if (!(await keep(url, response.clone()))) return;
      }
      if (!/javascript/.test(response.headers.get('content-type') ?? '')) return;
      const names = (await response.text()).replace(/^\s*\/\/.*/gm, '').matchAll(/(?:from|import|import\(|URL\()\s*['"](\.{1,2}\/[^'"]+)['"]/g);
      for (const [, name] of names) await keepFile(new URL(name, url).href, seen);
    }

    /**
     * Whether a file is to be kept, by its headers: a copy of a body that is large, or has no end, is held in memory and breaks off.
     *
     * @param {Response} response
     * @param {string} destination what it was asked for as
     */
    function isToKeep({ status, type, headers }, destination) {
      const value = (/** @type {string} */ name) => headers.get(name) ?? '';
      if (status !== 200 || type !== 'basic' || /no-store|private/i.test(value('cache-control')) || /event-stream|multipart/.test(value('content-type'))) return false;
      if (headers.has('content-length')) return Number(value('content-length')) <= LARGEST;
      return /document|frame|script|style|font|worker|manifest/.test(destination) || /script|css|wasm/.test(value('content-type'));
    }

    /**
     * @param {string} url
     * @param {Response} response
     * @returns {Promise<boolean>} whether it was kept
     */
    async function keep(url, response) {
      try {
        await (await site()).put(url, response);
        fresh.add(url);
        return true;
      } catch { // no room
        return false;
      }
    }

    /**
     * @param {Request} request
     * @param {WaitEvent} event
     */
    async function answer(request, event) {
      if (request.mode === 'navigate') fresh.clear(); // there may be a new version
      try {
        const response = await fetch(request);
        if (isToKeep(response, request.destination)) event.waitUntil(keep(request.url.split('#')[0], response.clone()));
        return await isolated(response, request);
      } catch (error) {
        const kept = (await find(request)) ?? (request.mode === 'navigate' ? await find(request, { ignoreSearch: true }) : undefined);
        if (!kept) throw error;
        return isolated(kept, request);
      }
    }

    /** Whether headers were added when the worker ran last. */
    async function isolatingBefore() {
      return (await (await (await caches.open('gander-isolate')).match(ISOLATE))?.text()) === 'true';
    }

    /**
     * Adds the headers of isolation, unless the host sends its own. Workers always get them: the page that
     * starts one may be isolated, whatever another page has said since.
     *
     * @param {Response} response
     * @param {Request} request
     */
    async function isolated(response, { destination }) {
      isolating ??= isolatingBefore();
      const wanted = destination.endsWith('worker') || (await isolating);
      const { status, statusText, type } = response;
      const headers = new Headers(response.headers);
      if (!wanted || type !== 'basic' || headers.has('cross-origin-embedder-policy') || headers.has('cross-origin-opener-policy')) return response;
      headers.set('cross-origin-embedder-policy', 'credentialless');
      headers.set('cross-origin-opener-policy', 'same-origin');
      return new Response([204, 205, 304].includes(status) ? null : response.body, { status, statusText, headers });
    }
  }
})();
