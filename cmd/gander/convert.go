package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gander-lm/gander/core/folder"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

func init() {
	commands["convert"] = command{"write a model as a GGUF file, with its matrices in another type if one is given", runConvert}
}

func runConvert(ctx context.Context, c *cli, args []string) error {
	var model modelFlags
	f := c.flags("convert", "-m FOLDER|FILE -o OUT.gguf [--type q8_0] [--json]")
	f.StringVar(&model.path, "m", "", "the model: a folder of Hugging Face's, a .bin file of llama2.c, or a GGUF `FILE` whose type is to change")
	f.StringVar(&model.tokenizer, "tokenizer", "", "the tokenizer.bin `FILE` of a llama2.c model; without it tokenizer.bin or tok*.bin beside the model")
	out := f.String("o", "", "the `FILE` to write")
	name := f.String("type", "", "the `TYPE` of matrices that are F32, F16 or BF16: "+strings.Join(quant.Writable(), ", ")+"; without it they stay as they are")
	asJSON := f.Bool("json", false, `print {"file":…,"size":…,"types":{…}} of what was written`)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	if model.path == "" || *out == "" {
		return usagef("-m FOLDER or -o OUT.gguf is missing")
	}
	typ, ok := quant.ByName(strings.ToUpper(*name))
	if *name != "" && (!ok || typ.Quantize == nil) {
		return usagef("--type %q can't be written; known are %s", *name, strings.Join(quant.Writable(), ", "))
	}
	files, err := model.files(model.path)
	if err != nil {
		return err
	}
	defer files.close()
	if files.parts != nil && *name == "" {
		if _, err := gguf.ReadSplit(files.parts); err != nil {
			return err
		}
		return usagef("%s is a GGUF file already; --type is missing", model.path)
	}
	w, release, err := files.converted(typ)
	if err != nil {
		return err
	}
	defer release()
	if files.parts != nil {
		if err := changes(files, w, model.path, *name); err != nil {
			return err
		}
	}
	size, err := writeFile(ctx, *out, w)
	if err != nil {
		return err
	}
	return c.converted(*out, size, w, *asJSON)
}

// converted returns a model as a file that needs no other, its matrices in a type if
// that is not the zero value. release is called when the file is written.
func (f *modelFiles) converted(typ quant.Type) (w *gguf.Writer, release func(), err error) {
	release = func() {}
	var g *gguf.File
	if f.parts != nil {
		g, err = gguf.ReadSplit(f.parts)
	} else {
		var m *folder.Model
		if m, err = folder.Open(f.folder); err != nil {
			return nil, nil, err
		}
		release = func() { m.Close() }
		w = m.File
		if err = m.AddVocabulary(); err == nil {
			g, err = readBack(w)
		}
	}
	if err == nil && typ.Quantize != nil {
		w, err = g.Quantize(typ)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return w, release, nil
}

// changes refuses to write a GGUF file again with not one tensor of another type.
func changes(from *modelFiles, to *gguf.Writer, path, typ string) error {
	old, release, err := from.gguf()
	if err != nil {
		return err
	}
	defer release()
	g, err := readBack(to)
	if err != nil {
		return err
	}
	for i := range g.Tensors {
		if g.Tensors[i].TypeID != old.Tensors[i].TypeID {
			return nil
		}
	}
	return usagef("%s has no matrix that can become %s: only F32, F16 and BF16 are changed", path, typ)
}

// writeFile writes a file beside its place and moves it there when it is whole, so
// that no half of one is left.
func writeFile(ctx context.Context, name string, w *gguf.Writer) (size int64, err error) {
	temp, err := os.CreateTemp(filepath.Dir(name), ".gander-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(temp.Name())
	size, err = w.WriteTo(cancelled{ctx, temp})
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(temp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	return size, err
}

// cancelled is a file that can't be written any more when the context has ended.
type cancelled struct {
	ctx context.Context
	f   *os.File
}

// Write implements io.Writer.
func (c cancelled) Write(p []byte) (int, error) {
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	return c.f.Write(p)
}

// converted says what was written.
func (c *cli) converted(name string, size int64, w *gguf.Writer, asJSON bool) error {
	g, err := readBack(w)
	if err != nil {
		return err
	}
	types := map[string]int{}
	for i := range g.Tensors {
		if typ, err := g.Tensors[i].Type(); err == nil {
			types[typ.Name]++
		}
	}
	if asJSON {
		return c.json(map[string]any{"file": name, "size": size, "types": types})
	}
	fmt.Fprintf(c.out, "%s: %d bytes", name, size)
	for _, t := range quant.Types() {
		if n := types[t.Name]; n > 0 {
			fmt.Fprintf(c.out, ", %d tensors of %s", n, t.Name)
		}
	}
	fmt.Fprintln(c.out)
	return nil
}
