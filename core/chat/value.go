package chat

import "math"

// value is what an expression gives: nil (None), bool, int64, float64, number,
// string, *seq, *Object, undefined, *namespace, *loop, or *function.
type value = any

// number is an integer that does not fit in 64 bits, as JSON wrote it. It can be
// printed and compared, not reckoned with.
type number string

// undefined is a name, attribute or item that is not there. Only what is asked of it
// beyond printing, looping and testing is an error, and what says which.
type undefined struct{ what string }

// seqKind is which of Python's sequences a seq is.
type seqKind uint8

const (
	listSeq seqKind = iota
	tupleSeq
	rangeSeq
	genSeq // a generator: always true, and empty when it has been looped over
	keysSeq
	valuesSeq
	itemsSeq
)

// seqNames are the names of the kinds in Python.
var seqNames = [...]string{"list", "tuple", "range", "generator", "dict_keys", "dict_values", "dict_items"}

// seq is a sequence. It doesn't change, but that a generator is used up.
type seq struct {
	kind  seqKind
	items []value
	names []string // of the items of a named tuple, nil otherwise
}

func list(items []value) *seq      { return &seq{kind: listSeq, items: items} }
func tuple(items ...value) *seq    { return &seq{kind: tupleSeq, items: items} }
func generator(items []value) *seq { return &seq{kind: genSeq, items: items} }
func missingAttr(v value, name string) undefined {
	return undefined{repr(objectName(v)) + " has no attribute " + repr(name)}
}

// namespace is an object whose attributes a template can set.
type namespace struct{ attrs *Object }

// function is something that can be called.
type function struct {
	name string
	call func(in *interp, a *args) value
}

// Object is a JSON object, and Python's dict: it keeps its keys in the order in which
// they were set.
type Object struct {
	keys   []value
	values []value
	index  map[any]int
}

// NewObject returns an empty object.
func NewObject() *Object { return &Object{index: map[any]int{}} }

// Set sets the value of a key. See Input for the values there are.
func (o *Object) Set(key string, v any) { o.set(key, v) }

// Get returns the value of a key, and whether it is there.
func (o *Object) Get(key string) (any, bool) { return o.get(key) }

// Len returns how many keys there are.
func (o *Object) Len() int { return len(o.keys) }

// Delete removes a key, if it is there.
func (o *Object) Delete(key string) {
	i, ok := o.index[key]
	if !ok {
		return
	}
	o.keys = append(o.keys[:i:i], o.keys[i+1:]...)
	o.values = append(o.values[:i:i], o.values[i+1:]...)
	delete(o.index, key)
	for k, n := range o.index {
		if n > i {
			o.index[k] = n - 1
		}
	}
}

// Keys returns the keys in their order.
func (o *Object) Keys() []string {
	keys := make([]string, 0, len(o.keys))
	for _, k := range o.keys {
		keys = append(keys, str(k))
	}
	return keys
}

func (o *Object) set(key, v value) {
	h, ok := hash(key)
	if !ok {
		return
	}
	if i, ok := o.index[h]; ok {
		o.values[i] = v
		return
	}
	o.index[h] = len(o.keys)
	o.keys = append(o.keys, key)
	o.values = append(o.values, v)
}

func (o *Object) get(key value) (value, bool) {
	if h, ok := hash(key); ok {
		if i, ok := o.index[h]; ok {
			return o.values[i], true
		}
	}
	return nil, false
}

func (o *Object) items() []value {
	items := make([]value, len(o.keys))
	for i := range items {
		items[i] = tuple(o.keys[i], o.values[i])
	}
	return items
}

// maxKey is how many items a tuple that is a key may have; none may be a tuple itself,
// so that a hash is never much work.
const maxKey = 16

type tupleKey string

// hash returns a key for a Go map that is the same for values that are equal, and
// false for a value that can't be a key.
func hash(v value) (any, bool) {
	switch v := v.(type) {
	case bool:
		return toInt(v), true
	case float64:
		if i := int64(v); float64(i) == v {
			return i, true
		}
		return v, v == v
	case *seq:
		if v.kind != tupleSeq || len(v.items) > maxKey {
			return nil, false
		}
		for _, item := range v.items {
			if _, nested := item.(*seq); nested {
				return nil, false
			}
			if _, ok := hash(item); !ok {
				return nil, false
			}
		}
		return tupleKey(repr(v)), true
	case *Object, *namespace:
		return nil, false
	case undefined:
		return undefined{}, true
	}
	return v, true
}

// truth is Python's bool().
func truth(v value) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case *seq:
		return len(v.items) > 0 || v.kind == genSeq
	case *Object:
		return len(v.keys) > 0
	}
	return true
}

// typeName is the name of a value's type in Python.
func typeName(v value) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, number:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case *seq:
		return seqNames[v.kind]
	case *Object:
		return "dict"
	case *namespace:
		return "Namespace"
	case undefined:
		return "Undefined"
	case *loop:
		return "LoopContext"
	}
	return "function"
}

// objectName is how a message names a value that lacks something.
func objectName(v value) string {
	if v == nil {
		return "None"
	}
	return typeName(v) + " object"
}

// toInt returns the number that a bool or an int64 is.
func toInt(v value) int64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
	case int64:
		return v
	}
	return 0
}

// isInt says whether v is an integer; a bool is one.
func isInt(v value) bool {
	switch v.(type) {
	case bool, int64:
		return true
	}
	return false
}

// toFloat returns a number as a float, and whether it is a number.
func toFloat(v value) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case bool, int64:
		return float64(toInt(v)), true
	}
	return math.NaN(), false
}
