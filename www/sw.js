// The service worker of this page, here so that its scope is the whole site; see the file that it takes in.
importScripts('./gander/gander-sw.js');
