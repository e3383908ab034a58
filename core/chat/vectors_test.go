package chat

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/internal/coretest"
)

// noon is the clock of the vectors.
var noon = time.Date(2025, 7, 10, 12, 0, 0, 0, time.UTC)

// renderVars renders a template with exactly these variables.
func renderVars(source string, vars map[string]any) (text string, err error) {
	t, err := Parse(source)
	if err != nil {
		return "", err
	}
	defer catch(&err)
	in := &interp{now: noon}
	converted := map[string]value{}
	for name, v := range vars {
		converted[name] = in.convert(v, 0)
	}
	return in.run(t.body, converted), nil
}

// vector is a case of the files hf-jinja-*.json.
type vector struct {
	Name         string
	Template     string
	ChatTemplate string `json:"chat_template"`
	Context      json.RawMessage
	Data         json.RawMessage
	Target       string
	Agrees       *bool `json:"python_jinja2_agrees"`
	Python       *struct {
		Output *string
		Error  string
	} `json:"python_jinja2"`
}

func readVectors(t *testing.T, name string) []vector {
	raw, err := os.ReadFile(coretest.Shared(t, "thirdparty", "templates", name))
	require.NoError(t, err)
	var file struct{ Cases []vector }
	require.NoError(t, json.Unmarshal(raw, &file))
	require.NotEmpty(t, file.Cases)
	return file.Cases
}

func (v *vector) vars(t *testing.T) map[string]any {
	raw := v.Context
	if raw == nil {
		raw = v.Data
	}
	decoded, err := DecodeJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	vars := map[string]any{}
	for _, k := range decoded.(*Object).Keys() {
		vars[k], _ = decoded.(*Object).Get(k)
	}
	return vars
}

// TestModelTemplates renders templates of models. The text is that of Python's jinja2
// where that differs from the other engine's.
func TestModelTemplates(t *testing.T) {
	for _, v := range readVectors(t, "hf-jinja-e2e.json") {
		t.Run(v.Name, func(t *testing.T) {
			want := v.Target
			if v.Python != nil && v.Python.Output != nil {
				want = *v.Python.Output
			}
			got, err := renderVars(v.ChatTemplate, v.vars(t))
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

// functionVectors are the language cases whose context has functions in JavaScript,
// with the same in Go, and Python's way to print what they give.
func functionVectors() (functions map[string]*function, printed map[string]string) {
	fn := func(f builtin) *function { return &function{"f", f} }
	joined := func(sep string) *function {
		return fn(func(in *interp, a *args) value {
			return stringMethods["join"](in, sep, &args{[]value{list(a.pos)}, NewObject()})
		})
	}
	functions = map[string]*function{
		"NUMBERS add":        fn(func(in *interp, a *args) value { return in.arith("+", a.pos[0], a.pos[1]) }),
		"FUNCTIONS func":     fn(func(_ *interp, a *args) value { return int64(len(a.pos)) }),
		"OBJ_METHODS x":      joined(""),
		"OBJ_METHODS A":      joined("_"),
		"IS_OPERATOR_4 func": fn(func(*interp, *args) value { return nil }),
	}
	return functions, map[string]string{"IS_OPERATOR_4": "|True|False|False|True|"}
}

// TestLanguageVectors compares with Python where its answer is known. Where Python
// refuses, the case is one of two kinds: either we refuse too, or it is something
// that newer versions of Python allow, or that can have but one meaning (a
// generator's length and items); then we give what the other engine gives.
func TestLanguageVectors(t *testing.T) {
	functions, printed := functionVectors()
	lenient := regexp.MustCompile("generator|replace\\(\\) takes no keyword arguments")
	for _, v := range readVectors(t, "hf-jinja-unit.json") {
		t.Run(v.Name, func(t *testing.T) {
			want := v.Target
			if v.Python != nil && v.Python.Output != nil {
				want = *v.Python.Output
			} else if other, ok := printed[v.Name]; ok {
				want = other
			}
			got, err := renderVars(v.Template, insert(v.vars(t), v.Name, functions))
			if v.Python != nil && v.Python.Error != "" && !lenient.MatchString(v.Python.Error) {
				assert.Error(t, err, "Python: %s; we give %q", v.Python.Error, got)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

// insert puts the functions of a case in the places of a context where JSON says that
// there is one.
func insert(vars map[string]any, name string, functions map[string]*function) map[string]any {
	set := func(key string, v any) any {
		if o, ok := v.(*Object); ok {
			if _, ok := o.Get("__function__"); ok {
				return functions[name+" "+key]
			}
			for _, k := range o.Keys() {
				inner, _ := o.Get(k)
				o.Set(k, insert(map[string]any{k: inner}, name, functions)[k])
			}
		}
		return v
	}
	for key, v := range vars {
		vars[key] = set(key, v)
	}
	return vars
}
