package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/quant"
)

func init() { commands["dequant"] = command{"turn quantised blocks into values", runDequant} }

func runDequant(_ context.Context, c *cli, args []string) error {
	f := c.flags("dequant", "--type Q8_0 < BLOCKS > FLOATS")
	name := f.String("type", "", "the blocks' type, as ggml calls it")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	typ, ok := quant.ByName(*name)
	if !ok {
		known := ""
		for _, t := range quant.Types() {
			known += " " + t.Name
		}
		return usagef("--type %q is not known; known are%s", *name, known)
	}
	out := bufio.NewWriter(c.out)
	block, values := make([]byte, typ.BlockBytes), make([]float32, typ.BlockLen)
	for at := int64(0); ; at += int64(len(block)) {
		switch _, err := io.ReadFull(c.in, block); err {
		case nil:
		case io.EOF:
			return out.Flush()
		case io.ErrUnexpectedEOF:
			out.Flush()
			return &errs.FormatError{Offset: at, What: "a block of " + typ.Name + " is cut off: not a whole number of blocks"}
		default:
			return err
		}
		typ.Dequantize(values, block)
		if err := binary.Write(out, binary.LittleEndian, values); err != nil {
			return err
		}
	}
}
