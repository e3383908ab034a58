package hf

import "github.com/gander-lm/gander/core/safetensors"

// joined are tensors whose rows follow each other in one.
type joined []joint

type joint struct {
	*safetensors.Tensor
	part *safetensors.Part
}

// read fills dst with the tensors' bytes from off on. All have the same size.
func (j joined) read(dst []byte, off int64) error {
	size := j[0].Size
	for len(dst) > 0 {
		at := off % size
		n := min(int64(len(dst)), size-at)
		t := j[off/size]
		if err := t.part.ReadTensor(t.Tensor, dst[:n], at); err != nil {
			return err
		}
		dst, off = dst[n:], off+n
	}
	return nil
}
