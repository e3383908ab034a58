package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/quant"
)

func init() { commands["dequant"] = command{"turn quantised blocks into values", runDequant} }

func runDequant(_ context.Context, c *cli, args []string) error {
	f := c.flags("dequant", "--type Q8_0 [--json] < BLOCKS > FLOATS")
	name := f.String("type", "", "the blocks' `TYPE`, as ggml calls it")
	asJSON := f.Bool("json", false, `print {"values":[…]}; without it float32 values, 4 bytes each, the lowest first`)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	typ, ok := quant.ByName(strings.ToUpper(*name))
	if !ok {
		known := ""
		for _, t := range quant.Types() {
			known += " " + t.Name
		}
		return usagef("--type %q is not known; known are%s", *name, known)
	}
	all := []float{}
	out := bufio.NewWriter(c.out)
	block, values := make([]byte, typ.BlockBytes), make([]float32, typ.BlockLen)
	for at := int64(0); ; at += int64(len(block)) {
		switch _, err := io.ReadFull(c.in, block); err {
		case nil:
		case io.EOF:
			if *asJSON {
				return c.json(map[string]any{"values": all})
			}
			return out.Flush()
		case io.ErrUnexpectedEOF:
			out.Flush()
			return &errs.FormatError{Offset: at, What: "a block of " + typ.Name + " is cut off: not a whole number of blocks"}
		default:
			return err
		}
		typ.Dequantize(values, block)
		if *asJSON {
			for _, x := range values {
				all = append(all, float(x))
			}
			continue
		}
		if err := binary.Write(out, binary.LittleEndian, values); err != nil {
			return err
		}
	}
}
