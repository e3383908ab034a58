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
	f := c.flags("serve", "[DIR] [--host 127.0.0.1] [--port 8080] [--isolate] [--json]")
	host := f.String("host", "127.0.0.1", "address to listen on")
	port := f.Int("port", 8080, "port; 0 takes a free one")
	isolate := f.Bool("isolate", false, "send the COOP and COEP headers that make a page cross-origin isolated")
	asJSON := f.Bool("json", false, `print {"dir":…,"url":…} when the folder is served`)
	plain, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	if *port < 0 || *port > 65535 {
		return usagef("--port %d is not from 0 to 65535", *port)
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
	url := fmt.Sprintf("http://%s/", l.Addr())
	if !*asJSON {
		fmt.Fprintf(c.out, "serving %s on %s (Ctrl-C ends)\n", dir, url)
	} else if err := c.json(map[string]string{"dir": dir, "url": url}); err != nil {
		return err
	}
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
