package tokenizer

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/gander-lm/gander/core/errs"
)

// spModel is what is read of a ModelProto.
type spModel struct {
	pieces       []spPiece
	modelType    int
	suffix       bool // treat_whitespace_as_suffix
	byteFallback bool
	bos, eos     int32
	unkSurface   string // the text of an unknown token
	charsmap     []byte
	prefix       bool // add_dummy_prefix
	merge        bool // remove_extra_whitespaces
	escape       bool // escape_whitespaces
}

type spPiece struct {
	text  string
	score float32
	kind  int64 // the same numbers as in GGUF
}

// readSentencePiece reads a ModelProto: field 1 is a piece (1 text, 2 score, 3
// type), 2 the TrainerSpec, 3 the NormalizerSpec.
func readSentencePiece(data []byte) (*spModel, error) {
	if len(data) > 8 && data[0] != 0x0A && slices.Index(data[:min(len(data), 200)], ' ') > 0 && data[0] < 0x80 && data[0] > ' ' {
		return nil, &errs.UnsupportedError{What: "a tokenizer.model that is no SentencePiece model (tiktoken?)"}
	}
	m := &spModel{modelType: modelUnigram, bos: 1, eos: 2, prefix: true, merge: true, escape: true, unkSurface: " ⁇ "}
	err := eachField(data, func(field int, value uint64, inner []byte) error {
		switch field {
		case 1:
			p := spPiece{kind: typeNormal}
			err := eachField(inner, func(field int, value uint64, inner []byte) error {
				switch field {
				case 1:
					p.text = string(inner)
				case 2:
					p.score = math.Float32frombits(uint32(value))
				case 3:
					p.kind = int64(value)
				}
				return nil
			})
			if p.kind < typeNormal || p.kind > typeByte {
				return formatError("piece %d has type %d", len(m.pieces), p.kind)
			}
			if p.score != p.score {
				return formatError("piece %d has no number as its score", len(m.pieces))
			}
			m.pieces = append(m.pieces, p)
			return err
		case 2:
			return eachField(inner, m.trainerField)
		case 3:
			return eachField(inner, m.normalizerField)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("SentencePiece model: %w", err)
	}
	return m, nil
}

func (m *spModel) trainerField(field int, value uint64, inner []byte) error {
	switch field {
	case 3:
		m.modelType = int(int32(value))
	case 24:
		m.suffix = value != 0
	case 35:
		m.byteFallback = value != 0
	case 41:
		m.bos = int32(value)
	case 42:
		m.eos = int32(value)
	case 44:
		m.unkSurface = string(inner)
	}
	return nil
}

func (m *spModel) normalizerField(field int, value uint64, inner []byte) error {
	switch field {
	case 2:
		m.charsmap = inner
	case 3:
		m.prefix = value != 0
	case 4:
		m.merge = value != 0
	case 5:
		m.escape = value != 0
	}
	return nil
}

// eachField calls f with the fields of a protocol buffer message: a number or
// the bits of one, or bytes.
func eachField(data []byte, f func(field int, value uint64, inner []byte) error) error {
	for at := 0; at < len(data); {
		tag, n := binary.Uvarint(data[at:])
		if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
			return formatError("a broken field %d bytes before the end", len(data)-at)
		}
		at += n
		var value uint64
		var inner []byte
		size := 0
		switch tag & 7 {
		case 0:
			if value, size = binary.Uvarint(data[at:]); size <= 0 {
				return formatError("a broken number %d bytes before the end", len(data)-at)
			}
		case 1, 5:
			size = map[uint64]int{1: 8, 5: 4}[tag&7]
			if len(data)-at < size {
				return formatError("a number that is cut off")
			}
			for k := range size {
				value |= uint64(data[at+k]) << (8 * k)
			}
		case 2:
			length, n := binary.Uvarint(data[at:])
			if n <= 0 || length > uint64(len(data)-at-n) {
				return formatError("a field that is cut off, %d bytes before the end", len(data)-at)
			}
			inner, size = data[at+n:at+n+int(length)], n+int(length)
		default:
			return formatError("a field of wire type %d", tag&7)
		}
		if err := f(int(tag>>3), value, inner); err != nil {
			return err
		}
		at += size
	}
	return nil
}

// vocab returns the tokens of the model and those that were added.
func (m *spModel) vocab(added []addedToken, size int) (*vocab, map[int32]stripRule, error) {
	list := make([]entry, len(m.pieces))
	for i, p := range m.pieces {
		list[i] = entry{text: p.text, id: int32(i)}
		if p.text == "" {
			return nil, nil, formatError("piece %d is empty", i)
		}
	}
	v, rules, err := hfVocab(list, added, size)
	if err != nil {
		return nil, nil, err
	}
	for id, p := range m.pieces {
		v.types[id] = p.kind
		if p.kind == typeUnknown {
			v.unk = int32(id)
		}
	}
	if v.unk < 0 {
		return nil, nil, formatError("a SentencePiece model without a piece for what is unknown")
	}
	for from, to := range map[*int32]*int32{&m.bos: &v.bos, &m.eos: &v.eos} {
		if id := *from; id >= 0 && int(id) < len(m.pieces) && m.pieces[id].kind == typeControl {
			*to = id
		}
	}
	return v, rules, nil
}

// userIDs returns the symbols that the model's makers defined.
func (m *spModel) userIDs() []int32 {
	var ids []int32
	for id, p := range m.pieces {
		if p.kind == typeUserDefined {
			ids = append(ids, int32(id))
		}
	}
	return ids
}

// bytes returns the pieces of type byte, nil if they are not complete.
func (m *spModel) bytes(v *vocab) (*[256]int32, map[int32]byte) {
	ids, of := byteTokens(v)
	if ids == nil || !complete(ids) {
		return nil, nil
	}
	return ids, of
}
