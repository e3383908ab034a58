package main

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

func init() {
	commands["serve"] = command{"serve a folder, by default the site, on this machine", runServe}
}

func runServe(ctx context.Context, c *cli, args []string) error {
	f := c.flags("serve", "[DIR] [--host 127.0.0.1] [--port 8080] [--isolate]")
	host := f.String("host", "127.0.0.1", "address to listen on")
	port := f.Int("port", 8080, "port; 0 takes a free one")
	isolate := f.Bool("isolate", false, "send the COOP and COEP headers that make a page cross-origin isolated")
	plain, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	dir := "www"
	if len(plain) == 1 {
		dir = plain[0]
	}
	if _, err := os.Stat(filepath.Join(dir, "index.html")); err != nil && len(plain) == 0 {
		return usagef("there is no %s here; name the folder to serve", filepath.Join(dir, "index.html"))
	}
	if info, err := os.Stat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return usagef("%s is no folder", dir)
	}
	// What browsers insist on, whatever the machine's own tables say.
	for ext, typ := range map[string]string{".wasm": "application/wasm", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".gguf": "application/octet-stream"} {
		if err := mime.AddExtensionType(ext, typ); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", net.JoinHostPort(*host, fmt.Sprint(*port)))
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "serving %s on http://%s/ (Ctrl-C ends)\n", dir, l.Addr())
	server := &http.Server{Handler: handler(dir, *isolate), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// handler serves the files of dir. Browsers ask again each time, so that a new
// build is seen at once.
func handler(dir string, isolate bool) http.Handler {
	files := http.FileServer(http.Dir(dir))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		if isolate {
			w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
			w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
			w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		}
		files.ServeHTTP(w, r)
	})
}
