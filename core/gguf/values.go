package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/gander-lm/gander/core/errs"
)

// Numbers of the metadata value types (gguf_metadata_value_type).
const (
	typeUint8 = iota
	typeInt8
	typeUint16
	typeInt16
	typeUint32
	typeInt32
	typeFloat32
	typeBool
	typeString
	typeArray
	typeUint64
	typeInt64
	typeFloat64
)

// metadata reads n keys and their values.
func (d *decoder) metadata(m *Metadata, n int64) {
	m.values = make(map[string]any, n)
	for range n {
		at := d.pos
		key := d.string(MaxKeyBytes)
		typ := d.uint32()
		v := d.value(typ, key)
		if d.err != nil {
			return
		}
		if _, ok := m.values[key]; ok {
			d.fail(at, "metadata key %q is there twice", key)
			return
		}
		m.keys = append(m.keys, key)
		m.values[key] = v
	}
}

// valueBytes is the size of the fixed-size value types; 0 for the others.
var valueBytes = [...]int64{typeUint8: 1, typeInt8: 1, typeUint16: 2, typeInt16: 2, typeUint32: 4, typeInt32: 4, typeFloat32: 4,
	typeBool: 1, typeString: 0, typeArray: 0, typeUint64: 8, typeInt64: 8, typeFloat64: 8}

func (d *decoder) value(typ uint32, key string) any {
	switch {
	case typ == typeString:
		return d.string(MaxStringBytes)
	case typ == typeArray:
		return d.array(key)
	case typ < uint32(len(valueBytes)):
		b := d.next(valueBytes[typ])
		if b == nil {
			return nil
		}
		return first(d.scalars(typ, b, 1))
	}
	d.fail(d.pos-4, "metadata key %q has the unknown type %d", key, typ)
	return nil
}

func (d *decoder) array(key string) any {
	at := d.pos
	typ := d.uint32()
	switch {
	case d.err != nil:
		return nil
	case typ == typeArray:
		d.err = &errs.UnsupportedError{What: fmt.Sprintf("array of arrays (metadata key %q)", key)}
		return nil
	case typ >= uint32(len(valueBytes)):
		d.fail(at, "metadata key %q is an array of the unknown type %d", key, typ)
		return nil
	case typ == typeString:
		return d.strings(d.count("strings in an array", MaxArrayLen, 8))
	}
	n := d.count("values in an array", MaxArrayLen, valueBytes[typ])
	b := d.next(n * valueBytes[typ])
	if d.err != nil {
		return nil
	}
	return d.scalars(typ, b, int(n))
}

// strings reads n strings; nil after a failure. Those that are whole in what has been
// read share memory: a vocabulary has hundreds of thousands, of a few bytes each.
func (d *decoder) strings(n int64) any {
	out := make([]string, 0, n)
	for d.err == nil && int64(len(out)) < n {
		count, size := d.wholeStrings(n - int64(len(out)))
		if count == 0 {
			out = append(out, d.string(MaxStringBytes))
			continue
		}
		var all strings.Builder
		all.Grow(size - 8*count)
		for b := d.next(int64(size)); len(b) > 0; {
			end := 8 + binary.LittleEndian.Uint64(b)
			all.Write(b[8:end])
			out = append(out, all.String()[all.Len()-int(end-8):])
			b = b[end:]
		}
	}
	if d.err != nil {
		return nil
	}
	return out
}

// wholeStrings returns how many strings are whole in buf, at most n, and how many bytes
// they take there.
func (d *decoder) wholeStrings(n int64) (count, size int) {
	for int64(count) < n && size+8 <= len(d.buf) {
		length := binary.LittleEndian.Uint64(d.buf[size:])
		if length > uint64(len(d.buf)-size-8) {
			break
		}
		count, size = count+1, size+8+int(length)
	}
	return count, size
}

// scalars decodes n values of a fixed-size type into a slice; nil after a failure.
func (d *decoder) scalars(typ uint32, b []byte, n int) any {
	le := binary.LittleEndian
	switch typ {
	case typeUint8:
		return decode(n, func(i int) uint8 { return b[i] })
	case typeInt8:
		return decode(n, func(i int) int8 { return int8(b[i]) })
	case typeUint16:
		return decode(n, func(i int) uint16 { return le.Uint16(b[2*i:]) })
	case typeInt16:
		return decode(n, func(i int) int16 { return int16(le.Uint16(b[2*i:])) })
	case typeUint32:
		return decode(n, func(i int) uint32 { return le.Uint32(b[4*i:]) })
	case typeInt32:
		return decode(n, func(i int) int32 { return int32(le.Uint32(b[4*i:])) })
	case typeFloat32:
		return decode(n, func(i int) float32 { return math.Float32frombits(le.Uint32(b[4*i:])) })
	case typeUint64:
		return decode(n, func(i int) uint64 { return le.Uint64(b[8*i:]) })
	case typeInt64:
		return decode(n, func(i int) int64 { return int64(le.Uint64(b[8*i:])) })
	case typeFloat64:
		return decode(n, func(i int) float64 { return math.Float64frombits(le.Uint64(b[8*i:])) })
	}
	for i := range n {
		if b[i] > 1 {
			d.fail(d.pos-int64(n-i), "truth value %d", b[i])
			return nil
		}
	}
	return decode(n, func(i int) bool { return b[i] == 1 })
}

func decode[T any](n int, at func(int) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = at(i)
	}
	return out
}

// first returns the only element of a slice of any element type, nil for nil.
func first(v any) any {
	switch v := v.(type) {
	case []uint8:
		return v[0]
	case []int8:
		return v[0]
	case []uint16:
		return v[0]
	case []int16:
		return v[0]
	case []uint32:
		return v[0]
	case []int32:
		return v[0]
	case []float32:
		return v[0]
	case []uint64:
		return v[0]
	case []int64:
		return v[0]
	case []float64:
		return v[0]
	}
	if b, ok := v.([]bool); ok {
		return b[0]
	}
	return nil
}
