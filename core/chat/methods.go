package chat

// dictMethods are the methods of dicts that change nothing.
var dictMethods = map[string]func(in *interp, o *Object, a *args) value{
	"get": func(in *interp, o *Object, a *args) value {
		b := a.bind(in, "get", "key", "default?")
		in.key(b[0])
		if v, ok := o.get(b[0]); ok {
			return v
		}
		if given(b[1]) {
			return b[1]
		}
		return nil
	},
	"keys": func(in *interp, o *Object, a *args) value {
		a.bind(in, "keys")
		return &seq{kind: keysSeq, items: in.items(o.keys)}
	},
	"values": func(in *interp, o *Object, a *args) value {
		a.bind(in, "values")
		return &seq{kind: valuesSeq, items: in.items(o.values)}
	},
	"items": func(in *interp, o *Object, a *args) value {
		a.bind(in, "items")
		return &seq{kind: itemsSeq, items: in.items(o.items())}
	},
	"copy": func(in *interp, o *Object, a *args) value {
		a.bind(in, "copy")
		return o // nothing changes it
	},
}

// seqMethods are the methods of lists and tuples that change nothing.
var seqMethods = map[string]func(in *interp, s *seq, a *args) value{
	"count": func(in *interp, s *seq, a *args) value {
		v := a.bind(in, "count", "value")[0]
		n := int64(0)
		for _, item := range s.items {
			if in.equal(item, v) {
				n++
			}
		}
		return n
	},
	"index": func(in *interp, s *seq, a *args) value {
		v := a.bind(in, "index", "value")[0]
		for i, item := range s.items {
			if in.equal(item, v) {
				return int64(i)
			}
		}
		in.fail("%s is not in the list", in.repr(v))
		return nil
	},
	"copy": func(in *interp, s *seq, a *args) value {
		a.bind(in, "copy")
		return s
	},
}
