package wasm

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"syscall/js"
	"unsafe"

	"github.com/gander-lm/gander/core/errs"
)

// toJS gives a form of v that js.ValueOf takes: structs and maps become objects, with the names of the json tags, slices arrays, those of
// float32 and int32 typed ones; a pointer is what it points to, or null.
func toJS(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Struct:
		object := map[string]any{}
		for _, f := range fieldsOf(v.Type()) {
			value := v.FieldByIndex(f.index)
			if !(f.omitEmpty && value.IsZero()) {
				object[f.name] = toJS(value)
			}
		}
		return object
	case reflect.Map:
		object := map[string]any{}
		for key, value := range v.Seq2() {
			object[key.String()] = toJS(value)
		}
		return object
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return toJS(v.Elem())
	case reflect.Slice:
		switch values := v.Interface().(type) {
		case []float32:
			return typedArray("Float32Array", values)
		case []int32:
			return typedArray("Int32Array", values)
		}
		array := make([]any, v.Len())
		for i := range array {
			array[i] = toJS(v.Index(i))
		}
		return array
	default:
		return v.Interface()
	}
}

// jsonField is a field that has a name in JavaScript.
type jsonField struct {
	name      string
	omitEmpty bool
	index     []int // of the field, behind those of the embedded structs around it
}

// structFields has what fieldsOf found: every token is a struct.
var structFields = map[reflect.Type][]jsonField{}

// fieldsOf returns the fields of a struct that have names, those of embedded structs included.
func fieldsOf(t reflect.Type) []jsonField {
	fields, ok := structFields[t]
	if ok {
		return fields
	}
	for field := range t.Fields() {
		if field.Anonymous {
			for _, f := range fieldsOf(field.Type) {
				fields = append(fields, jsonField{f.name, f.omitEmpty, append(slices.Clone(field.Index), f.index...)})
			}
		} else if name, omitEmpty := jsonName(field); name != "" {
			fields = append(fields, jsonField{name, omitEmpty, field.Index})
		}
	}
	structFields[t] = fields
	return fields
}

// fromJS sets the fields of the struct that dst points to from the properties of object, by the names of the json tags. It returns an
// *errs.OptionError for a property that dst has no field for, or of another type.
func fromJS(dst any, object js.Value) error {
	keys := js.Global().Get("Object").Call("keys", object)
	for i := range keys.Length() {
		name := keys.Index(i).String()
		field := fieldByName(reflect.ValueOf(dst).Elem(), name)
		if !field.IsValid() {
			return fmt.Errorf("wasm: %w", &errs.OptionError{Option: name, What: "unknown option"})
		}
		if err := setField(field, object.Get(name)); err != nil {
			return fmt.Errorf("wasm: %w", &errs.OptionError{Option: name, What: err.Error()})
		}
	}
	return nil
}

// setField sets field from value.
func setField(field reflect.Value, value js.Value) error {
	switch kind := field.Kind(); {
	case field.CanFloat() && value.Type() == js.TypeNumber:
		field.SetFloat(value.Float())
	case field.CanInt() && value.Type() == js.TypeNumber:
		field.SetInt(int64(value.Float()))
	case field.CanUint() && value.Type() == js.TypeNumber:
		field.SetUint(uint64(value.Float()))
	case kind == reflect.Bool && value.Type() == js.TypeBoolean:
		field.SetBool(value.Bool())
	case kind == reflect.String && value.Type() == js.TypeString:
		field.SetString(value.String())
	case kind == reflect.Slice && value.Type() == js.TypeObject:
		field.Set(reflect.MakeSlice(field.Type(), value.Length(), value.Length()))
		for i := range value.Length() {
			if err := setField(field.Index(i), value.Index(i)); err != nil {
				return err
			}
		}
	case kind == reflect.Struct && value.Type() == js.TypeObject:
		return fromJS(field.Addr().Interface(), value)
	case kind == reflect.Pointer && value.Type() == js.TypeObject:
		field.Set(reflect.New(field.Type().Elem()))
		return setField(field.Elem(), value)
	default:
		return fmt.Errorf("want %v, not a JavaScript %v", field.Type(), value.Type())
	}
	return nil
}

// fieldByName finds the field of a struct, embedded structs included, that has this name in its json tag.
func fieldByName(v reflect.Value, name string) reflect.Value {
	for field, value := range v.Fields() {
		if field.Anonymous {
			if found := fieldByName(value, name); found.IsValid() {
				return found
			}
		} else if tagged, _ := jsonName(field); tagged != "" && tagged == name {
			return value
		}
	}
	return reflect.Value{}
}

// jsonName returns what the json tag of a field says; the name is empty where there is none.
func jsonName(field reflect.StructField) (name string, omitEmpty bool) {
	name, rest, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name, rest == "omitempty"
}

// number is a type of the elements of JavaScript's typed arrays. WebAssembly is little-endian, as are all browsers' typed arrays.
type number interface{ ~int32 | ~float32 }

// typedArray copies values into a new typed array of the JavaScript class named class.
func typedArray[T number](class string, values []T) js.Value {
	raw := js.Global().Get("Uint8Array").New(len(values) * 4)
	copyBytes(raw, values)
	return js.Global().Get(class).New(raw.Get("buffer"))
}

// copyBytes copies values into a Uint8Array.
func copyBytes[T number](dst js.Value, values []T) {
	if len(values) > 0 {
		js.CopyBytesToJS(dst, unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*4))
	}
}

// int32s copies the values out of an Int32Array.
func int32s(array js.Value) []int32 {
	values := make([]int32, array.Length())
	if len(values) > 0 {
		raw := js.Global().Get("Uint8Array").New(array.Get("buffer"), array.Get("byteOffset"), array.Get("byteLength"))
		js.CopyBytesToGo(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*4), raw)
	}
	return values
}
