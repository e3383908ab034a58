package gguf

import (
	"math"
	"slices"
)

// Metadata is the keys and values of a file. A getter's second result is false
// if the key is absent or its value of another kind.
type Metadata struct {
	keys   []string
	values map[string]any
}

// Keys returns the keys in file order.
func (m *Metadata) Keys() []string { return m.keys }

// Value returns a value as it was stored: uint8 to float64, bool, string, or a
// slice of one of these.
func (m *Metadata) Value(key string) (any, bool) {
	v, ok := m.values[key]
	return v, ok
}

// String returns a string.
func (m *Metadata) String(key string) (string, bool) {
	s, ok := m.values[key].(string)
	return s, ok
}

// Bool returns a truth value.
func (m *Metadata) Bool(key string) (bool, bool) {
	b, ok := m.values[key].(bool)
	return b, ok
}

// Uint returns an integer that is not negative, whatever its width.
func (m *Metadata) Uint(key string) (uint64, bool) {
	switch v := m.values[key].(type) {
	case uint64:
		return v, true
	default:
		n, ok := toInt(v)
		return uint64(n), ok && n >= 0
	}
}

// Int returns an integer, whatever its width.
func (m *Metadata) Int(key string) (int64, bool) { return toInt(m.values[key]) }

// Float returns a number, whatever its type.
func (m *Metadata) Float(key string) (float64, bool) { return toFloat(m.values[key]) }

// Strings returns an array of strings. It is not a copy.
func (m *Metadata) Strings(key string) ([]string, bool) {
	s, ok := m.values[key].([]string)
	return s, ok
}

// Ints returns an array of integers, whatever their width.
func (m *Metadata) Ints(key string) ([]int64, bool) {
	switch v := m.values[key].(type) {
	case []uint8:
		return convert[int64](v), true
	case []int8:
		return convert[int64](v), true
	case []uint16:
		return convert[int64](v), true
	case []int16:
		return convert[int64](v), true
	case []uint32:
		return convert[int64](v), true
	case []int32:
		return convert[int64](v), true
	case []int64:
		return convert[int64](v), true
	case []uint64:
		fits := !slices.ContainsFunc(v, func(x uint64) bool { return x > math.MaxInt64 })
		return convert[int64](v), fits
	}
	return nil, false
}

// Floats returns an array of numbers, whatever their type.
func (m *Metadata) Floats(key string) ([]float64, bool) {
	switch v := m.values[key].(type) {
	case []float32:
		return convert[float64](v), true
	case []float64:
		return convert[float64](v), true
	}
	ints, ok := m.Ints(key)
	return convert[float64](ints), ok
}

// Bools returns an array of truth values.
func (m *Metadata) Bools(key string) ([]bool, bool) {
	b, ok := m.values[key].([]bool)
	return b, ok
}

func toInt(v any) (int64, bool) {
	switch v := v.(type) {
	case uint8:
		return int64(v), true
	case int8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case int16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	case uint64:
		return int64(v), v <= math.MaxInt64
	}
	return 0, false
}

func toFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case float32:
		return float64(v), true
	case float64:
		return v, true
	}
	n, ok := toInt(v)
	return float64(n), ok
}

type number interface {
	uint8 | int8 | uint16 | int16 | uint32 | int32 | uint64 | int64 | float32 | float64
}

// convert returns numbers as ones of type T.
func convert[T, S number](v []S) []T {
	out := make([]T, len(v))
	for i, x := range v {
		out[i] = T(x)
	}
	return out
}
